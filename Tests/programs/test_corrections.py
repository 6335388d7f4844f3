"""inkling-train pairs --slips-from, and the marks that ask what it has made: words two letters off, damaged and foreign files."""

import json
import random
import shutil

import pytest

from program_support import Programs

WORDS = ("garden window letter morning butter candle river mountain pocket silver winter summer market kitchen doctor "
         "teacher farmer sister brother village").split()


def prose(count, seed):
    draw = random.Random(seed)
    return "".join(
        f"the {draw.choice(WORDS)} and the {draw.choice(WORDS)} were in the {draw.choice(WORDS)} .\n"
        for _ in range(count))


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A project with a model, and what corrects it in its place."""
    home = tmp_path_factory.mktemp("corrections")
    programs = Programs(home)
    texts = home / "texts"
    texts.mkdir()
    (texts / "a.txt").write_text(prose(1500, 1))
    programs.train("texts", "--output", "model", cwd=home)
    programs.train(
        "pairs", "--slips-from", "texts", "--keyboard", "qwerty", "--output", "model.corrections", "--embedding", 24,
        "--hidden", 48, "--epochs", 12, cwd=home)
    return home


def marks(programs, model, text):
    result = programs.inkling("highlight", "--jsonl", "--rate", 1000, "--layers", "none", "--model", model, input=text)
    marks = json.loads(result.stdout)["marks"]
    return {mark["byteOffset"]: [each["text"] for each in mark["corrections"]] for mark in marks}, result.stderr.decode()


def test_it_is_a_model_that_transforms(programs, home):
    output = programs.inkling("transform", "--model", home / "model.corrections", input="gardne\nwimdow\nriver\n")
    assert output.stdout.decode().split() == ["garden", "window", "river"]


def test_words_two_letters_off_are_found_with_it_alone(programs, home, tmp_path):
    text = prose(20, 2) + "the mountain and the kicthne were in the mrket .\n" + prose(20, 3)
    offset = text.index("kicthne")
    shutil.copytree(home / "model", tmp_path / "model")
    without, _ = marks(programs, tmp_path / "model", text)
    found, _ = marks(programs, home / "model", text)
    assert offset not in without
    assert found[offset][0] == "kitchen"
    assert found[text.index("mrket")][0] == without[text.index("mrket")][0] == "market"


@pytest.mark.parametrize("damage", ["cut", "foreign", "garbage"])
def test_what_is_damaged_or_foreign_is_named_and_passed_over(programs, home, tmp_path, damage):
    shutil.copytree(home / "model", tmp_path / "model")
    beside = tmp_path / "model.corrections"
    shutil.copytree(home / "model.corrections", beside)
    if damage == "cut":
        weights = beside / "network.safetensors"
        weights.write_bytes(weights.read_bytes()[:-9])
    elif damage == "foreign":
        shutil.rmtree(beside)
        shutil.copytree(home / "model", beside)
    else:
        (beside / "model.json").write_bytes(b"\xff{")
    text = prose(20, 2) + "the mountain was in the mrket .\n"
    found, errors = marks(programs, tmp_path / "model", text)
    assert "model.corrections" in errors
    assert found[text.index("mrket")][0] == "market"


def test_options_that_do_not_fit_are_refused(programs, home, tmp_path):
    for options, why in [
        ([], "--slips-from"), (["--slips-from", "texts", "--units", "word"], "--slips-from"),
        (["x.tsv", "--keyboard", "qwerty"], "--keyboard"), (["--slips-from", "texts", "--keyboard", "dvorak"], "dvorak"),
    ]:
        result = programs.train("pairs", *options, "--output", tmp_path / "none", cwd=home, check=2)
        assert why in result.stderr.decode()
    result = programs.train("pairs", "--slips-from", "nowhere", "--output", tmp_path / "none", cwd=home, check=1)
    assert "nowhere" in result.stderr.decode() and not (tmp_path / "none").exists()
