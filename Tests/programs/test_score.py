"""inkling score and inkling inspect."""

import json
import math

import pytest


def test_components_are_told_apart(programs, prose, prose_model):
    path = sorted(prose.iterdir())[0]
    result = programs.json("score", "--model", prose_model, "--json", path)
    components = {row["component"]: row for row in result["components"]}
    assert {"ngram", "mixture"} <= components.keys()
    assert result["component"] == "mixture" and result["tokens"] == components["mixture"]["tokens"] > 0
    # The n-grams foretell the end of the text too.
    assert components["ngram"]["tokens"] == components["mixture"]["tokens"] + 1
    for row in components.values():
        assert row["bitsPerToken"] == pytest.approx(math.log2(row["perplexity"]), rel=1e-6)
        assert row["bitsPerByte"] == pytest.approx(row["bitsPerToken"] * row["tokens"] / path.stat().st_size, rel=1e-6)
    alone = programs.json("score", "--model", prose_model, "--component", "ngram", "--json", path)
    assert alone["perplexity"] == pytest.approx(components["ngram"]["perplexity"], rel=1e-9)


def test_a_table_for_people(programs, prose, prose_model):
    text = programs.inkling("score", "--model", prose_model, *sorted(prose.iterdir())[:2]).stdout.decode()
    assert text.splitlines()[0].split()[:3] == ["component", "tokens", "OOVs"]
    assert "ngram" in text and "mixture" in text


def test_each_file_has_a_line(programs, prose, prose_model):
    paths = [str(path) for path in sorted(prose.iterdir())[:2]]
    result = programs.json("score", "--model", prose_model, "--by-file", "--json", *paths)
    for component in ("ngram", "mixture"):
        rows = [row for row in result["files"] if row["component"] == component]
        whole = next(row for row in result["components"] if row["component"] == component)
        assert [row["file"] for row in rows] == paths
        assert sum(row["tokens"] for row in rows) == whole["tokens"]
        bits = [row["bitsPerToken"] * row["tokens"] for row in (*rows, whole)]
        assert bits[0] + bits[1] == pytest.approx(bits[2], rel=1e-9)
        alone = programs.json("score", "--model", prose_model, "--component", component, "--json", paths[1])
        assert alone["perplexity"] == pytest.approx(rows[1]["perplexity"], rel=1e-9)
    text = programs.inkling("score", "--model", prose_model, "--by-file", *paths).stdout.decode()
    assert [line.split()[:2] for line in text.splitlines()[1:4]] == [[paths[0], "ngram"], [paths[1], "ngram"], ["all", "ngram"]]


def test_standard_input_is_scored(programs, prose_model):
    result = programs.json("score", "--model", prose_model, "--json", "--component", "ngram", input="The old sailor.\n")
    assert result["tokens"] >= 4


def test_nothing_to_score(programs, token_model):
    result = programs.json(
        "score", "--tokens", "--model", token_model, "--component", "ngram", "--json", "-", input=b""
    )
    assert result["tokens"] == 0 and result["perplexity"] is None


def test_a_component_that_the_model_lacks(programs, token_model, token_file):
    message = programs.inkling(
        "score", "--tokens", "--model", token_model, "--component", "recurrent", token_file, check=1
    ).stderr
    assert b"recurrent" in message


def test_inspect_says_what_a_model_is(programs, prose_model):
    text = programs.inkling("inspect", prose_model).stdout.decode()
    for word in ["ngrams.bin", "vocabulary", "plaintext", "kneser-ney", "perplexity"]:
        assert word in text, word
    description = json.loads(programs.inkling("inspect", prose_model, "--json").stdout)
    assert description["verified"] is True and description["ngrams"]["order"] == 4


def test_damage_is_found_and_named(programs, prose_model, tmp_path):
    for name in ["ngrams.bin", "vocabulary.txt", "model.json"]:
        copy = tmp_path / ("copy-" + name)
        copy.mkdir()
        for path in prose_model.iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        damaged = bytearray((copy / name).read_bytes())
        damaged[len(damaged) // 2] ^= 1
        (copy / name).write_bytes(damaged)
        message = programs.inkling("inspect", copy, check=1).stderr
        assert name.encode() in message and b"train the model again" in message


def test_a_model_of_a_newer_format(programs, prose_model, tmp_path):
    copy = tmp_path / "newer"
    copy.mkdir()
    for path in prose_model.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    text = (copy / "model.json").read_text()
    (copy / "model.json").write_text(text.replace('"version": 1', '"version": 99'))
    for command in (["inspect", copy], ["complete", "--model", copy], ["score", "--model", copy]):
        message = programs.inkling(*command, input="x", check=1).stderr
        assert b"newer format, 99" in message and b"update inkling" in message


def test_figures_that_cannot_be_compared_stand_apart(programs, prose, prose_model):
    path = sorted(prose.iterdir())[0]
    text = programs.inkling("score", "--model", prose_model, path).stdout.decode()
    first, second = text.split("\n\n")
    assert "ngram" in first and "mixture" not in first and "<unk>" in first
    assert "mixture" in second and "ngram" not in second and "spelled" in second
    rows = programs.json("score", "--model", prose_model, "--json", path)["components"]
    assert {row["component"]: row["counting"] for row in rows} == {"ngram": "unk", "mixture": "spelled"}


def test_no_number_for_people_has_an_exponent(programs, token_model, tmp_path):
    path = tmp_path / "strange.txt"
    path.write_text("x" * 60 + " " + "y" * 60 + "\n")
    (tmp_path / "t.txt").write_text("alpha beta\nbeta alpha\n" * 20)
    programs.train(tmp_path / "t.txt", "--output", tmp_path / "m")
    text = programs.inkling("score", "--model", tmp_path / "m", path).stdout.decode()
    assert "> 10^12" in text and "e+" not in text
    rows = programs.json("score", "--model", tmp_path / "m", "--json", path)["components"]
    assert rows[-1]["bitsPerToken"] > 40


def test_each_line_has_its_own_bytes(programs, tmp_path):
    """Worked by hand: 26 bytes in three documents of 3, 2 and 4 tokens, empty lines and line ends included."""
    path = tmp_path / "t.txt"
    path.write_bytes(b"a b c\n\nd  e\r\n\n\nf g h i \n\n")
    result = programs.json("evaluate", "--json", "--caches", "document", "--tokens", path)
    assert (result["documents"], result["tokens"], result["bytes"]) == (3, 9, path.stat().st_size)
    assert result["bitsPerByte"] == pytest.approx(result["bitsPerToken"] * 9 / path.stat().st_size, rel=1e-6)
    whole = programs.json("evaluate", "--json", "--sequence", "document", "--tokens", path)
    assert (whole["documents"], whole["bytes"]) == (1, path.stat().st_size)
    path.write_bytes(b"a b\nc d")
    assert programs.json("evaluate", "--json", "--tokens", path)["bytes"] == 7


def test_a_text_a_line(programs, prose, prose_model):
    path = sorted(prose.iterdir())[0]
    requests = [{"id": "a", "path": str(path), "surprisals": True}, {"text": "The old sailor."}, {"text": 1}, {"text": ""}]
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    output = programs.inkling("score", "--jsonl", "--model", prose_model, input=lines).stdout
    answers = [json.loads(line) for line in output.decode().splitlines()]
    whole = programs.json("score", "--model", prose_model, "--component", "mixture", "--json", path)
    assert answers[0]["id"] == "a" and answers[0]["bitsPerToken"] == pytest.approx(whole["bitsPerToken"], rel=1e-6)
    surprisals = answers[0]["surprisals"]
    assert len(surprisals) == answers[0]["tokens"]
    assert sum(token["surprisalBits"] for token in surprisals) / len(surprisals) == pytest.approx(whole["bitsPerToken"], rel=1e-6)
    text = path.read_bytes()
    first = surprisals[0]
    assert text.startswith(text[first["byteOffset"]:first["byteOffset"] + first["byteLength"]]) and first["byteLength"] > 0
    assert answers[1]["tokens"] >= 4 and "surprisals" not in answers[1]
    assert answers[2]["error"]["what"] == "text"
    assert answers[3]["tokens"] == 0 and answers[3]["perplexity"] is None
