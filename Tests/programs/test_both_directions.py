"""A network in both directions: trained, killed and resumed, stored, taken over, and asked by `score --both`."""

import json
import random
import signal
import subprocess
import time

import pytest

from program_support import BIN, Programs, sentences

SMALL = ["--hidden", 16, "--layers", 1, "--batch", 4, "--bptt", 10, "--threads", 1, "--rate", 0.02, "--order", 2]
BOTH = [*SMALL, "--direction", "both"]


@pytest.fixture(scope="module")
def token_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("few") / "train.txt"
    lines = list(sentences(600))
    path.write_text("".join(line + "\n" for line in lines[:300]))
    (path.parent / "valid.txt").write_text("".join(line + "\n" for line in lines[300:]))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory, token_file):
    home = tmp_path_factory.mktemp("both")
    Programs(home).train(
        "--tokens", token_file, "--valid", token_file.with_name("valid.txt"), "--output", home / "model", "--epochs", 4,
        *BOTH)
    return home / "model"


def test_both_sides_tell_more_than_one(programs, model, token_file):
    score = ["score", "--tokens", "--model", model, "--json", token_file.with_name("valid.txt")]
    both = programs.json(*score, "--both")
    rows = {row["component"]: row for row in both["components"]}
    assert list(rows) == ["recurrent", "both"] and both["component"] == "both"
    assert rows["recurrent"]["tokens"] == rows["both"]["tokens"] > 2_000
    assert rows["both"]["perplexity"] < 0.9 * rows["recurrent"]["perplexity"]
    alone = programs.json(*score, "--component", "recurrent")
    assert alone["perplexity"] == rows["recurrent"]["perplexity"]
    # What training measured is what the files give, rounded to integers or not.
    metrics = {row["component"]: row for row in programs.json("inspect", model, "--json")["metrics"]
               if row["on"] == "heldOut"}
    exact = programs.json(*score, "--both", "--precision", "float32")
    assert exact["perplexity"] == pytest.approx(metrics["both"]["perplexity"], rel=0.01)
    assert both["perplexity"] == pytest.approx(exact["perplexity"], rel=0.02)
    table = programs.inkling("score", "--both", "--tokens", "--model", model, token_file).stdout.decode()
    assert [line.split()[0] for line in table.splitlines()[1:3]] == ["recurrent", "both"]


def test_the_half_that_reads_backwards_goes_with_the_other(programs, model, token_file, tmp_path):
    taken = tmp_path / "taken"
    programs.train(
        "--tokens", token_file, "--valid", token_file.with_name("valid.txt"), "--output", taken, "--network", model,
        "--order", 2)
    for name in ["recurrent.safetensors", "backward.safetensors"]:
        assert (taken / name).read_bytes() == (model / name).read_bytes()
    # One direction alone does without.
    programs.train("--tokens", token_file, "--output", taken, "--epochs", 1, *SMALL)
    assert not (taken / "backward.safetensors").exists()
    message = programs.inkling("score", "--both", "--tokens", "--model", taken, token_file, check=1).stderr
    assert b"--direction both" in message


def test_a_file_of_another_network_is_refused(programs, model, token_file, tmp_path):
    other = tmp_path / "model"
    programs.train("--tokens", token_file, "--output", other, "--epochs", 1, *SMALL, "--hidden", 8, "--direction", "both")
    description = json.loads((model / "model.json").read_text())
    (model / "backward.safetensors").rename(tmp_path / "kept")
    try:
        (model / "backward.safetensors").write_bytes((other / "backward.safetensors").read_bytes())
        message = programs.inkling("score", "--both", "--tokens", "--model", model, token_file, check=1).stderr
        assert message.startswith(b"inkling: ") and b"backward.safetensors" in message
    finally:
        (tmp_path / "kept").rename(model / "backward.safetensors")
    assert "backward.safetensors" in description["files"]


def test_a_killed_run_goes_on_to_the_same_weights(programs, token_file, tmp_path):
    # So long that there is something left to kill behind the first checkpoint.
    run = ["--tokens", token_file, "--epochs", 30, "--checkpoint-interval", "0.05s", *BOTH]
    programs.train(*run, "--output", tmp_path / "whole")
    output, checkpoint = tmp_path / "killed", tmp_path / "killed.checkpoint"
    process = subprocess.Popen(
        [str(BIN / "inkling-train"), *map(str, run), "--output", str(output)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=programs.environment)
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    programs.train(*run, "--output", output, "--resume")
    for name in ["recurrent.safetensors", "backward.safetensors"]:
        assert (output / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_slips_of_prose_are_weighed_by_both_sides(programs, prose, tmp_path):
    """The n-grams are the same; only the second network can make a difference."""
    text = tmp_path / "text.txt"
    text.write_text("My sister pianted the moon in the garden.\nA dog saw teh clock at night.\nThe old sailer sold a litter.\n")
    found = []
    for name, options in [("one", SMALL), ("both", BOTH)]:
        programs.train(prose, "--output", tmp_path / name, "--epochs", 2, *options)
        result = programs.json("highlight", "--model", tmp_path / name, "--rate", 40, "--format", "json", text)
        found.append({(row["byteOffset"], row["kind"]): row for row in result["findings"]})
    shared = found[0].keys() & found[1].keys()
    assert any(kind == "newWord" for _, kind in shared)
    assert all(found[0][key]["logOdds"] != found[1][key]["logOdds"] for key in shared)
    ranked = sorted(found[1].values(), key=lambda row: row["logOdds"])
    rates = [row["falseMarksPerThousandTokens"] for row in ranked]
    assert rates == sorted(rates, reverse=True)


def test_what_stands_behind_a_place_chooses_the_word(programs, tmp_path):
    """Which animal it is, only the word behind it says; where the line ends, nothing does."""
    text = tmp_path / "text"
    text.mkdir()
    pairs = [("cat", "purrs"), ("dog", "barks"), ("cow", "moos"), ("owl", "hoots")]
    for part in range(3):
        lines = [f"the old {animal} {does} at night ." for animal, does in random.Random(part).choices(pairs, k=300)]
        (text / f"{part}.txt").write_text("\n".join(lines) + "\n")
    programs.train(text, "--output", tmp_path / "model", "--epochs", 20, *BOTH)
    file = tmp_path / "line.txt"
    for animal, does in pairs:
        file.write_text(f"the old  {does} at night .\n")
        items = programs.json("complete", file, "--at", "1:9", "--model", tmp_path / "model", "--json", "--top", 4)["items"]
        assert items[0]["text"] == animal and items[0]["probability"] > 0.5, items
    file.write_text("the old \n")
    items = programs.json("complete", file, "--at", "1:9", "--model", tmp_path / "model", "--json", "--top", 4)["items"]
    assert items[0]["probability"] < 0.5, items


@pytest.mark.parametrize("options", [
    ["--direction", "both", "--cell", "window"], ["--direction", "both", "--units", "character"],
    ["--direction", "back"],
])
def test_what_has_no_two_directions_is_said(programs, tmp_path, options):
    result = programs.train(tmp_path, "--output", tmp_path / "model", *options, check=2)
    assert b"--direction" in result.stderr


def test_both_is_of_the_network_alone(programs, model):
    programs.inkling("score", "--both", "--component", "ngram", "--model", model, check=2)
    programs.inkling("score", "--both", "--jsonl", "--model", model, check=2)
