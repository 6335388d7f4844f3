"""Vocabularies of more types than are looked through at every opening, and more than fit a bound of memory."""

import os
import pathlib
import subprocess

import pytest

from program_support import Programs

PROGRAMS = pathlib.Path(os.environ["INKLING_BIN"]).resolve()
INDEXES = ["vocabulary.places", "names.bin"]


@pytest.fixture(scope="module")
def large_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    text = folder / "text.txt"
    text.write_text("".join(f"getPart{number}View back\\{number}\n" for number in range(70_000)))
    Programs(folder).train("--tokens", text, "--order", 2, "--output", folder / "model")
    return folder / "model"


def test_indexes_are_read_in_the_place_of_the_vocabulary(programs, large_model):
    for name in INDEXES:
        assert (large_model / name).stat().st_size > 1_000_000
    answer = programs.json("complete", "--model", large_model, "--json", input="getpart4999")
    assert "getPart49990View" in [item["text"] for item in answer["items"]]
    # A type that is escaped in vocabulary.txt.
    result = programs.json(
        "score", "--tokens", "--model", large_model, "--component", "ngram", "--json", input="back\\69999\n")
    assert result["oov"] == 0


@pytest.mark.parametrize("name", INDEXES)
@pytest.mark.parametrize("place", [0.0, 0.01, 0.5, 0.999])
def test_damaged_indexes_are_named_and_never_trusted(programs, large_model, tmp_path, name, place):
    for path in large_model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    damaged = bytearray((tmp_path / name).read_bytes())
    start = int(len(damaged) * place)
    damaged[start:start + 4096] = os.urandom(len(damaged[start:start + 4096]))
    (tmp_path / name).write_bytes(damaged)
    message = programs.inkling("inspect", tmp_path, check=1).stderr
    assert name.encode() in message and b"train the model again" in message


def test_small_vocabularies_have_none(prose_model):
    assert not any((prose_model / name).exists() for name in INDEXES)


@pytest.fixture(scope="module")
def many_types(tmp_path_factory):
    """A folder of some 200,000 types: names that stand once, and others that several files have."""
    folder = tmp_path_factory.mktemp("types")
    for part in range(60):
        (folder / f"part{part:02}.c").write_text(
            "".join(f"int part{part}Name{number} = other{number * 7 + part};\n" for number in range(3_000)))
    return folder


def peak(*command):
    """Bytes of memory that a program had at most."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, error
    return usage.ru_maxrss * 1024


def test_memory_is_what_was_given(many_types, tmp_path):
    train = PROGRAMS / "inkling-train"
    bound = 128 << 20
    options = ["--memory", "128M"]
    assert peak(train, many_types, *options, "--output", tmp_path / "a") <= bound
    assert peak(train, "count", many_types, *options, "--output", tmp_path / "run") <= bound
    assert peak(train, "estimate", tmp_path / "run", *options, "--output", tmp_path / "b") <= bound
    for name in ["ngrams.bin", "vocabulary.txt", *INDEXES]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
