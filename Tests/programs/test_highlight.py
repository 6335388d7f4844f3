"""inkling highlight."""

import html.parser
import json
import re

import pytest

SLIP = "The old sailor saw the moon at night.\nMy sister pianted the moon in the garden.\n"


@pytest.fixture
def slip(tmp_path):
    path = tmp_path / "slip.txt"
    path.write_text(SLIP)
    return path


def test_a_slip_is_marked_where_it_is(programs, prose_model, slip):
    lines = programs.inkling("highlight", "--model", prose_model, slip).stdout.decode().splitlines()
    assert any(re.match(rf'{re.escape(str(slip))}:2:11: "pianted" is improbable here \([\d.]+ bits\)', line) for line in lines)
    assert any('expected' in line and '"painted"' in line for line in lines if ":2:11:" in line)


def test_ordinary_text_is_left_alone(programs, prose_model, prose):
    files = sorted(prose.iterdir())[:5]
    lines = programs.inkling("highlight", "--model", prose_model, *files).stdout.decode().splitlines()
    tokens = sum(len(path.read_text().split()) for path in files)
    assert len(lines) < tokens / 50


def test_every_token_at_no_threshold(programs, prose_model, slip):
    object = programs.json("highlight", "--model", prose_model, "--threshold", 0, "--format", "json", slip)
    assert object["file"] == str(slip) and object["language"] == "plaintext"
    words = [finding["text"] for finding in object["findings"] if finding["text"].strip()]
    assert " ".join(words).replace(" .", ".") == SLIP.replace("\n", " ").strip()
    for finding in object["findings"]:
        start = finding["byteOffset"]
        assert SLIP.encode()[start : start + finding["byteLength"]].decode() == finding["text"]
        assert finding["surprisalBits"] >= 0


def test_sarif(programs, prose_model, slip):
    log = programs.json("highlight", "--model", prose_model, "--format", "sarif", slip, slip)
    assert log["version"] == "2.1.0"
    results = log["runs"][0]["results"]
    regions = [result["locations"][0]["physicalLocation"]["region"] for result in results]
    assert {"startLine": 2, "startColumn": 11}.items() <= regions[0].items()
    assert len(results) % 2 == 0


def test_html_is_escaped_and_whole(programs, tmp_path):
    path = tmp_path / "page.txt"
    path.write_text('<script>alert("x")</script> & \x1b[31m\n')
    page = programs.inkling("highlight", "--threshold", 0, "--format", "html", path).stdout.decode()
    assert "<script>" not in page and "\x1b" not in page

    class Reader(html.parser.HTMLParser):
        text, depth = "", 0

        def handle_starttag(self, tag, attributes):
            self.depth += tag == "pre"

        def handle_endtag(self, tag):
            self.depth -= tag == "pre"

        def handle_data(self, data):
            if self.depth:
                self.text += data

    reader = Reader()
    reader.feed(page)
    assert reader.text == '<script>alert("x")</script> & \ufffd[31m\n'


def test_colour_on_request(programs, prose_model, slip):
    text = programs.inkling("highlight", "--model", prose_model, "--format", "ansi", slip).stdout.decode()
    assert "\x1b[1;4;31mpianted\x1b[0m" in text


def test_any_bytes_are_text(programs, tmp_path):
    for number, text in enumerate([b"", b"\xff\xfe\x00", b"\x1b[2J" * 3, "👩‍👩‍👧".encode() * 10]):
        path = tmp_path / f"{number}.swift"
        path.write_bytes(text)
        for form in ["ansi", "plain", "json", "html", "sarif"]:
            output = programs.inkling("highlight", "--threshold", 0, "--format", form, path).stdout
            assert b"\x1b[2J" not in output
