"""What a network in both directions says in the server: of tokens (`inkling/score` with `bothSides`) and of marks."""
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()
LINES = ["the old sailor saw the moon at night .", "my sister painted a letter in the garden .",
         "nobody sold the clock before breakfast .", "the doctor forgot three apples near the river ."]


@pytest.fixture
def start(tmp_path):
    started = []
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"),
                   "XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path / "config")}

    def start(*options):
        text = tmp_path / "text"
        text.mkdir(exist_ok=True)
        for part in range(3):
            (text / f"{part}.txt").write_text("".join(LINES[(3 * line + part) % 4] + "\n" for line in range(150)))
        subprocess.run(
            [BIN / "inkling-train", text, "--output", tmp_path / "data" / "inkling" / "models" / "default", "--hidden",
             "16", "--layers", "1", "--epochs", "4", "--rate", "0.02", "--batch", "4", "--bptt", "10", "--threads", "1",
             *options],
            check=True, env=environment, capture_output=True)
        client = Client([str(BIN / "inkling"), "serve"], env=environment)
        started.append(client)
        client.initialize({"general": {"positionEncodings": ["utf-16"]}, "textDocument": {"diagnostic": {}}}, {"train": {"workspace": False}})
        return client

    yield start
    for client in started:
        client.process.kill()


def score(client, uri):
    result = client.request("inkling/score", {"textDocument": {"uri": uri}, "bothSides": True})
    return [(token["range"]["start"]["line"], token["range"]["start"]["character"],
             token.get("surprisalBitsBetweenBothSides")) for token in result["tokens"]]


def waited_score(client, uri):
    """With the networks, which are opened after the document."""
    for _ in range(200):
        tokens = score(client, uri)
        if tokens[0][2] is not None:
            return tokens
        time.sleep(0.05)
    raise AssertionError("the networks never came in")


def edits(client, uri, lines, count, pieces):
    """Puts pieces into lines here and there, in place of a few letters, and gives the version after each edit."""
    choices = random.Random(count)
    for version in range(2, count + 2):
        line, column = choices.randrange(len(lines)), choices.randrange(12)
        end = min(column + choices.randrange(6), len(lines[line]))
        new = choices.choice(pieces)
        client.change(uri, version, line, column, new, (line, end))
        lines[line] = lines[line][:column] + new + lines[line][end:]
        yield version


def test_edits_give_what_opening_afresh_gives(start, tmp_path):
    client = start("--direction", "both")
    lines = [LINES[line % 4] for line in range(40)]
    uri = (tmp_path / "a.txt").as_uri()
    client.open(uri, "\n".join(lines) + "\n")
    waited_score(client, uri)
    for version in edits(client, uri, lines, 20, ["", "moon ", "garden the ", "x"]):
        if version % 5 == 0:
            score(client, uri)
    fresh = (tmp_path / "b.txt").as_uri()
    client.open(fresh, "\n".join(lines) + "\n")
    edited, opened = score(client, uri), score(client, fresh)
    assert len(edited) == len(opened) > 200
    for one, other in zip(edited, opened):
        assert one[:2] == other[:2] and one[2] == pytest.approx(other[2], abs=0.02)
    # A word in its place between both sides, and the same line with another there.
    client.open((tmp_path / "c.txt").as_uri(), LINES[0] + "\n" + LINES[0].replace("moon", "breakfast") + "\n")
    bits = {place[:2]: place[2] for place in score(client, (tmp_path / "c.txt").as_uri())}
    column = LINES[0].index("moon")
    assert bits[1, column] > bits[0, column] + 1
    assert client.stop() == 0


def test_what_follows_on_the_line_chooses_the_word(start, tmp_path):
    """In lists and in ghost text. After `the old sailor saw the` only `moon` is ever written; behind `painted a` only `letter`."""
    client = start("--direction", "both")
    uri = (tmp_path / "a.txt").as_uri()
    client.open(uri, "the  saw the moon at night .\nthe  forgot three apples near the river .\n" + "\n".join(LINES * 5) + "\n")
    waited_score(client, uri)
    first = []
    for line in range(2):
        items = client.completion(uri, line, 4)["items"]
        first.append(items[0].get("label"))
        ghost = client.request("textDocument/inlineCompletion", {
            "textDocument": {"uri": uri}, "position": {"line": line, "character": 4}, "context": {"triggerKind": 1}})
        shown = ghost["items"] if isinstance(ghost, dict) else ghost or []
        assert all(item["insertText"].split()[0] == ["old", "doctor"][line] for item in shown), shown
    assert first == ["old", "doctor"] or first[0].startswith("old") and first[1].startswith("doctor"), first
    assert client.stop() == 0


def marks(client, uri):
    report = client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    return [(mark["range"]["start"]["line"], mark["range"]["start"]["character"], mark["code"], mark["message"])
            for mark in report["items"]]


def test_marks_are_weighed_by_both_sides(start, tmp_path):
    """As `inkling highlight` has them, which reads the text afresh, also after edits."""
    client = start("--direction", "both")
    lines = [LINES[line % 4] for line in range(80)]
    lines[11] = lines[11].replace("apples", "appels")
    lines[50] = lines[50].replace("clock", "moon")
    lines[71] = lines[71].replace("the", "teh", 1)
    # Nothing that stands beside it has a say: the command line knows of no neighbours.
    text = tmp_path / "alone" / "a.txt"
    text.parent.mkdir()
    uri = text.as_uri()
    client.open(uri, "\n".join(lines) + "\n")
    waited_score(client, uri)

    def highlighted():
        text.write_text("\n".join(lines) + "\n")
        model = tmp_path / "data" / "inkling" / "models" / "default"
        found = subprocess.run([BIN / "inkling", "highlight", "--model", model, "--rate", "0.5", "--format", "json", text],
                               capture_output=True, check=False).stdout
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        rows = []
        for finding in json.loads(found)["findings"]:
            line = max(place for place, offset in enumerate(starts) if offset <= finding["byteOffset"])
            rows.append((line, finding["byteOffset"] - starts[line], finding["kind"]))
        return sorted(rows)

    assert [mark[:3] for mark in marks(client, uri)] == highlighted()
    assert {11, 71} <= {mark[0] for mark in marks(client, uri)}
    for version in edits(client, uri, lines, 12, ["", "moon ", "gardne the ", "x"]):
        if version % 4 == 0:
            marks(client, uri)
    # What an edit changes elsewhere is looked for once the document is saved.
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert [mark[:3] for mark in marks(client, uri)] == highlighted()
    assert client.stop() == 0


def test_a_model_of_one_direction_has_no_such_figure(start, tmp_path):
    client = start()
    uri = (tmp_path / "a.txt").as_uri()
    client.open(uri, LINES[0] + "\n")
    time.sleep(0.2)
    assert all(bits is None for _, _, bits in score(client, uri))
    assert client.stop() == 0
