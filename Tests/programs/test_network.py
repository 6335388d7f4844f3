"""inkling-train's network: runs that are killed, odd texts, and what is written from a trained network."""

import json
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

from program_support import BIN, Programs, sentences

SMALL = ["--hidden", 16, "--layers", 1, "--batch", 4, "--bptt", 10, "--threads", 1, "--order", 2]


@pytest.fixture(scope="session")
def word_model(tmp_path_factory, token_file):
    """A model of the token file with a network."""
    home = tmp_path_factory.mktemp("network")
    Programs(home).train("--tokens", token_file, "--output", home / "model", "--epochs", 4, *SMALL)
    return home / "model"


@pytest.fixture(scope="session")
def character_model(tmp_path_factory, prose):
    """A model of the prose's characters."""
    home = tmp_path_factory.mktemp("characters")
    options = [*SMALL, "--hidden", 32, "--epochs", 10, "--rate", 0.01]
    Programs(home).train(prose, "--units", "character", "--output", home / "model", *options)
    return home / "model"


def events(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_weights(programs, token_file, tmp_path):
    run = ["--tokens", token_file, "--epochs", 6, "--checkpoint-interval", "0.05s", *SMALL]
    start = time.monotonic()
    programs.train(*run, "--output", tmp_path / "whole")
    longest = 0.7 * (time.monotonic() - start)
    expected = (tmp_path / "whole" / "recurrent.safetensors").read_bytes()
    output, checkpoint = tmp_path / "killed", tmp_path / "killed.checkpoint"
    delays = random.Random(7)
    kills = 0
    while kills < 8:
        resume = ["--resume"] if checkpoint.exists() else []
        process = subprocess.Popen(
            [str(BIN / "inkling-train"), *map(str, run), "--output", str(output), *resume],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=programs.environment,
        )
        try:
            process.wait(timeout=delays.uniform(0, longest))
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        process.stderr.read()
        if process.wait() != -signal.SIGKILL:
            # Every start finds a whole checkpoint or none, so a run that is let be ends well.
            assert process.returncode == 0
            if kills:
                break
            # It was faster than the one that was timed.
            shutil.rmtree(output)
            longest /= 2
    if not output.exists() or checkpoint.exists():
        resume = ["--resume"] if checkpoint.exists() else []
        programs.train(*run, "--output", output, *resume)
    assert kills > 0
    assert (output / "recurrent.safetensors").read_bytes() == expected
    # Neither the checkpoint nor what the killed processes were writing stays.
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("killed")) == ["killed"]


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM, signal.SIGTERM]])
def test_a_signal_leaves_a_whole_model_and_a_checkpoint(programs, token_file, tmp_path, signals):
    """`timeout` sends its signal twice at once, which is no impatience."""
    output = tmp_path / "model"
    process = subprocess.Popen(
        [str(BIN / "inkling-train"), "--tokens", str(token_file), "--output", str(output), "--epochs", "5000",
         "--schedule", "constant", *map(str, SMALL), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=programs.environment,
    )
    evaluations = 0
    for line in process.stdout:
        evaluations += json.loads(line)["event"] == "networkEvaluation"
        if evaluations == 4:
            break
    for number in signals:
        process.send_signal(number)
        time.sleep(0.002)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert (tmp_path / "model.checkpoint").exists()
    score = ["score", "--tokens", "--model", output, "--component", "recurrent", "--json", token_file]
    assert programs.json(*score)["perplexity"] < 25


def test_resume_without_a_checkpoint_says_so(programs, token_file, tmp_path):
    result = programs.train("--tokens", token_file, "--output", tmp_path / "model", "--resume", *SMALL, check=1)
    assert b"no checkpoint" in result.stderr
    (tmp_path / "model.checkpoint").write_bytes(b"\x08\0\0\0\0\0\0\0{}      half of a file")
    result = programs.train("--tokens", token_file, "--output", tmp_path / "model", "--resume", *SMALL, check=1)
    assert result.stderr.startswith(b"inkling: ") and b"checkpoint" in result.stderr


@pytest.mark.parametrize("text", ["word\n", "one line of words\n" * 300, "a b c\n"])
@pytest.mark.parametrize("units", ["word", "character"])
def test_any_text_trains_a_network(programs, tmp_path, text, units):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "only.txt").write_text(text)
    programs.train(tmp_path / "text", "--units", units, "--output", tmp_path / "model", "--epochs", 2, *SMALL)
    assert (tmp_path / "model" / "recurrent.safetensors").exists()


def test_a_text_without_words_says_what_is_needed(programs, tmp_path):
    (tmp_path / "empty.txt").write_text("")
    result = programs.train("--tokens", tmp_path / "empty.txt", "--output", tmp_path / "model", "--epochs", 2, check=1)
    assert result.stderr.startswith(b"inkling: ") and b"words" in result.stderr
    (tmp_path / "some.txt").write_text("a b\n")
    result = programs.train(
        "--tokens", tmp_path / "some.txt", "--valid", tmp_path / "missing.txt", "--output", tmp_path / "model",
        "--epochs", 2, check=1)
    assert b"missing.txt" in result.stderr


def test_an_absurd_rate_is_met_and_said(programs, token_file, tmp_path):
    run = ["--tokens", token_file, "--output", tmp_path / "model", "--epochs", 3, *SMALL]
    result = programs.train(
        *run, "--optimizer", "sgd", "--momentum", 0, "--rate", 1e6, "--clip-norm", 0, "--schedule", "constant", "--json",
        check=None)
    said = [event["text"] for event in events(result) if event["event"] == "networkNotice"]
    assert any("back to the last good weights, with half the learning rate" in text for text in said)
    if result.returncode != 0:
        assert b"choose a lower --rate" in result.stderr


# What is written


def generated(programs, model, *options):
    return programs.inkling("generate", "--model", model, *options).stdout.decode()


@pytest.mark.parametrize("fixture", ["word_model", "character_model", "token_model"])
def test_a_seed_repeats_a_text_and_another_gives_another(programs, fixture, request):
    model = request.getfixturevalue(fixture)
    texts = [generated(programs, model, "--length", 80, "--seed", seed) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_a_network_writes_what_it_has_read(programs, word_model):
    known = {word for line in sentences(2000) for word in line.split()}
    text = generated(programs, word_model, "--length", 200, "--temperature", 0.7)
    assert set(text.split()) <= known
    # Sentences as long as those of the text: 5 to 12 words.
    lengths = [len(line.split()) for line in text.splitlines()[:-1]]
    assert len(lengths) > 8 and 5 <= sum(lengths) / len(lengths) <= 13


def test_characters_make_words(programs, character_model):
    known = {word for line in sentences(1200) for word in line.split()}
    text = generated(programs, character_model, "--length", 600, "--temperature", 0.3, "--prompt", "The c")
    assert text.startswith("The c")
    words = re.findall(r"[a-z]+", text.lower())[1:-1]
    assert sum(word in known for word in words) > 0.7 * len(words), text


def test_sentences_are_apart_and_members_are_not(programs, tmp_path):
    (tmp_path / "text").write_text("The cat saw it . A dog ( list.append ) list . append it .\n" * 3)
    programs.train("--tokens", tmp_path / "text", "--output", tmp_path / "model", "--order", 8)
    text = generated(programs, tmp_path / "model", "--temperature", 0, "--length", 15)
    assert text.splitlines()[0] == "The cat saw it. A dog (list.append) list.append it."


@pytest.mark.parametrize("fixture", ["word_model", "character_model"])
def test_only_the_most_probable_is_what_temperature_0_takes(programs, fixture, request):
    model = request.getfixturevalue(fixture)
    greedy = generated(programs, model, "--length", 60, "--temperature", 0)
    assert generated(programs, model, "--length", 60, "--top-k", 1, "--seed", 5) == greedy
    assert generated(programs, model, "--length", 60, "--top-p", 1e-9, "--seed", 6) == greedy


def test_text_comes_as_it_is_written(programs, word_model):
    """The first words are there long before the last."""
    process = subprocess.Popen(
        [str(BIN / "inkling"), "generate", "--model", str(word_model), "--length", "1000000"],
        stdout=subprocess.PIPE, env=programs.environment,
    )
    try:
        assert process.stdout.read(100)
        assert process.poll() is None
        # Whoever has read enough closes the pipe; that is no error worth a message.
        process.stdout.close()
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert process.poll() is not None
    finally:
        process.kill()


# Weights from elsewhere


def test_exported_weights_come_back_by_import(programs, word_model, token_file, tmp_path):
    """The file's own names, and those of a PyTorch module that calls its parts otherwise."""
    programs.train("--tokens", token_file, "--output", tmp_path / "model", "--order", 2)
    score = ["score", "--tokens", "--component", "recurrent", "--json", token_file]
    expected = programs.json(*score, "--model", word_model)["perplexity"]
    weights = word_model / "recurrent.safetensors"
    renamed = tmp_path / "renamed.safetensors"
    rename_tensors(weights, renamed, {"embedding.": "model.encoder.", "rnn.": "model.lstm.", "output.": "model.decoder."})
    for file in [weights, renamed]:
        programs.train("import", file, "--output", tmp_path / "model")
        assert programs.json(*score, "--model", tmp_path / "model")["perplexity"] == pytest.approx(expected, rel=1e-6)


def test_a_network_that_is_taken_over_is_mixed_anew(programs, word_model, token_file, tmp_path):
    output = tmp_path / "model"
    # Other bytes than the training text's, which would not be learned from.
    valid = tmp_path / "valid.txt"
    valid.write_text("".join(token_file.read_text().splitlines(keepends=True)[:500]))
    programs.train("--tokens", token_file, "--valid", valid, "--order", 2, "--network", word_model, "--output", output)
    description = programs.json("inspect", output, "--json")
    assert 0 < description["interpolation"]["recurrent"] < 1
    assert any(metric["component"] == "mixture" for metric in description["metrics"])


def rename_tensors(source: pathlib.Path, target: pathlib.Path, names):
    """A copy of a safetensors file without its metadata and under other names."""
    data = source.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__")
    renamed = {}
    for name, entry in header.items():
        for old, new in names.items():
            if name.startswith(old):
                name = new + name.removeprefix(old)
                break
        renamed[name] = entry
    text = json.dumps(renamed).encode()
    text += b" " * (-len(text) % 8)
    target.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])


def test_other_modules_are_refused_with_what_is_missing(programs, token_file, tmp_path):
    programs.train("--tokens", token_file, "--output", tmp_path / "model", "--order", 2)
    text = json.dumps({"attention.weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
    text += b" " * (-len(text) % 8)
    (tmp_path / "other.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(16))
    result = programs.train("import", tmp_path / "other.safetensors", "--output", tmp_path / "model", check=1)
    assert b"rnn.weight_hh_l0" in result.stderr and b"docs/weights.md" in result.stderr
