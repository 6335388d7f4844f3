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
    result = programs.inkling("highlight", "--model", prose_model, slip)
    (line,) = result.stdout.decode().splitlines()
    assert re.fullmatch(rf'{re.escape(str(slip))}:2:11: "pianted" is probably "painted" \(\d+ bits better here\)', line)
    assert result.stderr.decode() == "1 file, 20 tokens, 1 mark\n"


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


def test_json_has_the_slip_and_its_surprisal(programs, prose_model, slip):
    object = programs.json("highlight", "--model", prose_model, "--format", "json", slip)
    (finding,) = object["findings"]
    assert object["tokens"] == 20
    assert finding["kind"] == "newWord" and finding["text"] == "pianted"
    assert (finding["line"], finding["column"], finding["endLine"], finding["endColumn"]) == (2, 11, 2, 18)
    assert finding["corrections"][0]["text"] == "painted" and finding["corrections"][0]["gainBits"] > 5
    assert 0 < finding["falseMarksPerThousandTokens"] <= 0.5 and finding["logOdds"] > 0
    assert finding["surprisalBits"] > 8 and "painted" in {word["text"] for word in finding["expected"]}
    assert finding["message"].startswith('"pianted" is probably "painted"')


@pytest.mark.parametrize("option", [["--jsonl"], ["--format", "jsonl"]])
def test_jsonl(programs, prose_model, slip, option):
    lines = programs.inkling("highlight", "--model", prose_model, *option, slip, slip).stdout.splitlines()
    objects = [json.loads(line) for line in lines]
    assert len(objects) == 2 and objects[0] == objects[1]
    assert set(objects[0]) == {"file", "language", "tokens", "marks"}
    assert set(objects[0]["marks"][0]) == {
        "line", "column", "endLine", "endColumn", "byteOffset", "byteLength", "kind", "text", "message", "corrections",
        "logOdds", "falseMarksPerThousandTokens"}


def test_the_rate_decides(programs, prose_model, slip):
    def count(rate):
        return len(programs.json("highlight", "--model", prose_model, "--jsonl", "--rate", rate, slip)["marks"])

    assert count(1e-9) == 0
    assert count(0.5) == 1
    assert count(1000) >= count(0.5)


def test_sarif(programs, prose_model, slip):
    log = programs.json("highlight", "--model", prose_model, "--format", "sarif", slip, slip)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) == 12
    assert all(rule["shortDescription"]["text"] for rule in rules)
    assert {rule["defaultConfiguration"]["level"] for rule in rules} <= {"note", "warning"}
    assert len(run["results"]) == 2
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "new-word"
        assert result["level"] == "warning"
        place = result["locations"][0]["physicalLocation"]
        assert {"startLine": 2, "startColumn": 11, "endLine": 2, "endColumn": 18}.items() <= place["region"].items()
        change = result["fixes"][0]["artifactChanges"][0]
        assert change["artifactLocation"] == place["artifactLocation"]
        (replacement,) = change["replacements"]
        assert replacement["deletedRegion"] == place["region"]
        assert replacement["insertedContent"] == {"text": "painted"}
        assert result["fixes"][0]["description"]["text"]


def test_sarif_of_a_threshold_has_no_fixes(programs, prose_model, slip):
    log = programs.json("highlight", "--model", prose_model, "--threshold", 8, "--format", "sarif", slip)
    results = log["runs"][0]["results"]
    assert {(result["ruleId"], result["level"]) for result in results} == {("improbable-token", "note")}
    assert not any("fixes" in result for result in results)


def test_without_a_model_nothing_is_marked_and_that_is_said(programs, slip):
    result = programs.inkling("highlight", slip)
    assert result.stdout == b""
    assert b"none found, so no slips are marked" in result.stderr and b"inkling-train" in result.stderr


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


def test_words_of_the_dictionaries_are_never_marked(programs, prose_model):
    project = programs.home / "project"
    (project / ".inkling").mkdir(parents=True)
    path = project / "a.txt"
    path.write_text("The zzyzx and the qwrtp saw the moon by C#.\n")

    def marked():
        answer = programs.inkling("highlight", path, "--model", prose_model, "--threshold", 1, "--format", "json")
        return {finding["text"] for finding in json.loads(answer.stdout)["findings"]} & {"zzyzx", "qwrtp"}

    assert marked() == {"zzyzx", "qwrtp"}
    both = [
        b"zzyzx\nqwrtp\n", b"zzyzx\r\nqwrtp", b"\xef\xbb\xbfzzyzx\rqwrtp", b"  zzyzx \n\tqwrtp\t\n\n# zzz\n",
        b"zzyzx # a place\nqwrtp\t#a name\n", b"\xc2\xa0zzyzx\nqwrtp\xc2\xa0# why\n",
    ]
    for content in both:
        (project / ".inkling" / "dictionary.txt").write_bytes(content)
        assert not marked(), content
    (project / ".inkling" / "dictionary.txt").write_bytes(b"#zzyzx\nqwrtp#\n")
    assert marked() == {"zzyzx", "qwrtp"}
    # The user's own holds everywhere.
    (programs.home / "data" / "inkling").mkdir(parents=True)
    (programs.home / "data" / "inkling" / "dictionary.txt").write_text("zzyzx\n")
    assert marked() == {"qwrtp"}


def test_marks_of_the_models_own_are_not_printed(programs, tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    for number in range(8):
        (folder / f"a{number}.py").write_text(
            f"def f{number}(a):\n    if a:\n        return {number}\n    return 2\n\n\nvalue = f{number}(3)\n")
    programs.train(folder, "--output", tmp_path / "model")
    path = tmp_path / "q.py"
    path.write_text("def h(c):\n    if c:\n        return 1\nzork quux\n    return 2 zork\n\n  x\n")
    expected = set()
    for form in ("ansi", "plain", "json", "html", "sarif"):
        output = programs.inkling(
            "highlight", path, "--model", tmp_path / "model", "--threshold", 0, "--format", form).stdout.decode()
        assert "dent\u21e5" not in output and "\\u000e" not in output.lower() and "\\u000f" not in output.lower()
        assert not set(output) & {"\x0e", "\x0f", "\x1a"}
        if form == "json":
            for finding in json.loads(output)["findings"]:
                expected |= {word["text"] for word in finding["expected"]}
        if form == "plain":
            assert "the end of the line" in output
    assert "\n" in expected
    text = programs.inkling("generate", "--model", tmp_path / "model", "--length", 300).stdout
    assert not set(text) & {0x0E, 0x0F, 0x1A}
