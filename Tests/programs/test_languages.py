"""Which language a text is in: inkling classify --what, and what follows from it elsewhere."""

import json

import pytest

PYTHON = """import os
from collections import defaultdict


class Store:
    def __init__(self, path):
        self.path = path
        self.counts = defaultdict(int)

    def add(self, name):
        if not os.path.exists(self.path):
            raise ValueError("no such folder")
        self.counts[name] += 1
        return None
"""
GERMAN = "Diese Option legt fest, wie viele Zeilen am Anfang der Datei übersprungen werden, bevor die Ausgabe geschrieben wird."


def fields(result):
    return [line.split("\t") for line in result.stdout.decode().splitlines()]


def test_names_decide_unless_they_are_to_be_ignored(programs, tmp_path):
    file = tmp_path / "wrong.sh"
    file.write_text(PYTHON)
    assert fields(programs.inkling("classify", "--what", "language", file)) == [["shellscript", "1.0000", str(file)]]
    (found,) = fields(programs.inkling("classify", "--what", "language", "--ignore-names", file))
    assert found[0] == "python" and 0.5 < float(found[1]) <= 1
    ranked = fields(programs.inkling("classify", "--what", "language", "--top", 3, input=PYTHON))
    assert ranked[0][0] == "python" and len(ranked) == 3 and len({row[0] for row in ranked}) == 3


def test_what_may_be_anything_is_unknown(programs):
    for text in ["", "x", "one two"]:
        (found,) = fields(programs.inkling("classify", "--what", "language", input=text))
        assert found[0] == "unknown"
        answer = json.loads(programs.inkling("classify", "--what", "language", "--json", input=text).stdout)
        assert answer["label"] is None and answer["evidence"] is None and answer["labels"]


def test_a_request_a_line(programs, tmp_path):
    file = tmp_path / "a.rb"
    file.write_text("x")
    lines = "\n".join(json.dumps(request) for request in [
        {"id": 1, "text": PYTHON, "top": 2}, {"id": 2, "path": str(file)}, {"text": "#!/bin/sh\nls"}, {"text": 3}])
    found = [json.loads(line) for line in programs.inkling("classify", "--what", "language", "--jsonl", input=lines).stdout.splitlines()]
    assert [answer.get("label") for answer in found] == ["python", "ruby", "shellscript", None]
    assert [answer.get("evidence") for answer in found] == ["content", "name", "firstLines", None]
    assert len(found[0]["labels"]) == 2 and found[3]["error"]["why"]


def test_paragraphs(programs):
    lines = GERMAN + "\nok\n"
    found = fields(programs.inkling("classify", "--what", "natural-language", "--lines", input=lines))
    assert [row[0] for row in found] == ["de", "unknown"] and [row[2] for row in found] == ["<stdin>:1", "<stdin>:2"]


@pytest.mark.parametrize("arguments", [
    [], ["--what", "nothing"], ["--what", "language", "--model", "m"], ["--what", "language", "--explain"],
    ["--what", "language", "--precision", "int8"], ["--what", "natural-language", "--ignore-names"], ["--model", "m", "--ignore-names"],
])
def test_what_does_not_go_together_is_refused(programs, arguments):
    assert programs.inkling("classify", *arguments, check=2).stderr


def test_text_on_standard_input_is_read_in_its_language(programs):
    answer = json.loads(programs.inkling("complete", "--json", input=PYTHON).stdout)
    assert answer["language"] == "python"
    request = json.dumps({"text": PYTHON}) + "\n" + json.dumps({"text": PYTHON, "path": "a.txt"}) + "\n"
    found = [json.loads(line) for line in programs.inkling("complete", "--jsonl", input=request).stdout.splitlines()]
    assert [answer["language"] for answer in found] == ["python", "plaintext"]


def test_files_without_a_name_that_tells_are_trained_on_in_their_language(programs, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "store").write_text(PYTHON)
    (folder / "words").write_text("Nobody knew what the letter had meant to her.\n" * 3)
    result = programs.train(folder, "--output", tmp_path / "m", "--json")
    corpus = next(event for event in map(json.loads, result.stdout.splitlines()) if event["event"] == "corpus")
    assert {language["language"] for language in corpus["languages"]} >= {"python", "plaintext"}


def test_a_classifier_of_ones_own_takes_the_place(programs, tmp_path):
    folder = tmp_path / "texts"
    for language, words in [("ping", "ping pang"), ("pong", "pong pung")]:
        for package in range(24):
            place = folder / language / f"p{package}"
            place.mkdir(parents=True)
            for file in range(3):
                (place / str(file)).write_text(f"the {words} of number {file} is like all the others in here\n" * 3)
    output = tmp_path / "home" / "grammars" / "files.languages"
    output.parent.mkdir(parents=True)
    result = programs.train("languages", folder, "--output", output, "--size", "10k", "--json")
    event = json.loads(result.stdout)
    assert event["event"] == "languages" and event["accuracy"][0] == {"coverage": 1, "accuracy": 1}
    assert event["bytes"] == output.stat().st_size <= 10 * 1024
    text = "the ping pang of something else is like all the others in here, and that is all\n"
    answer = json.loads(programs.inkling(
        "classify", "--what", "language", "--json", input=text, env={"INKLING_GRAMMARS": str(make_grammars(output.parent))}).stdout)
    assert answer["label"] == "ping" and [entry["label"] for entry in answer["labels"]] == ["ping"]
    for arguments in [["--size", "1"], ["--size", "x"], ["--held-out-every", 1], ["--of", "books"]]:
        assert programs.train("languages", folder, "--output", output, *arguments, check=2).stderr
    assert programs.train("languages", tmp_path / "home", "--output", output, check=1).stderr


def make_grammars(folder):
    (folder / "index.json").write_text("{}")
    return folder
