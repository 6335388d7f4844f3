"""Options that are out of range or without effect, and what the help says of them."""

import json
import re

import pytest


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("inkling", "complete", "--top", "-1"), "--top is -1, not 1 to 1000"),
        (("inkling", "generate", "--temperature", "-0.5"), "--temperature is -0.5"),
        (("inkling", "generate", "--top-k", "-3"), "--top-k is -3"),
        (("inkling", "generate", "--seed", "-1"), "--seed is -1, which is out of range"),
        (("inkling", "highlight", "--threshold", "-3"), "--threshold is -3"),
        (("inkling", "highlight", "--threshold", "-inf"), "--threshold is -inf"),
        (("inkling-train", "--prune", "-1"), '--prune is "-1"'),
        (("inkling-train", "--prune", "-1 0"), '--prune is "-1 0"'),
        (("inkling-train", "--held-out", "-.5"), "--held-out is -0.5"),
        (("inkling-train", "--order", "-2"), "--order is -2"),
        (("inkling-train", "--memory", "-1G"), "--memory is -1G"),
        (("inkling-train", "--time", "-5m"), "--time is -5m, which is out of range"),
        (("inkling-train", "--cell", "lstm", "--rate", "-1e-3"), "--rate is -0.001"),
        (("inkling-train", "--smoothing", "add-delta", "--delta", "-1"), "--delta is -1"),
    ],
)
def test_a_negative_value_is_out_of_range_and_not_missing(programs, arguments, words):
    message = programs.run(*arguments, check=2).stderr.decode()
    assert words in message and "missing" not in message.lower(), message


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("inkling-train", "t.txt", "--dropout", "0.3"), ["--dropout", "--time"]),
        (("inkling-train", "t.txt", "--no-rotate"), ["--no-rotate", "--time"]),
        (("inkling-train", "t.txt", "--batch", "5"), ["--batch", "--time"]),
        (("inkling-train", "t.txt", "--threads", "1"), ["--threads"]),
        (("inkling-train", "t.txt", "--checkpoint-interval", "5s"), ["--checkpoint-interval"]),
        (("inkling-train", "t.txt", "--time", "1s", "--momentum", "0.5"), ["--momentum", "--optimizer sgd"]),
        (("inkling-train", "t.txt", "--time", "1s", "--window", "5"), ["--window", "--cell window"]),
        (("inkling-train", "t.txt", "--time", "1s", "--decay", "0.5"), ["--decay", "--schedule plateau"]),
        (("inkling-train", "t.txt", "--time", "1s", "--samples", "9"), ["--samples", "--sampled"]),
        (("inkling-train", "t.txt", "--cell", "gru", "--forget-bias", "1"), ["--forget-bias", "--cell lstm"]),
        (("inkling-train", "t.txt", "--no-adaptive", "--cutoffs", "2,5"), ["--cutoffs", "--adaptive"]),
        (("inkling-train", "t.txt", "--network", "m", "--dropout", "0.3"), ["--network"]),
        (("inkling-train", "t.txt", "--sequence", "line"), ["--sequence", "--tokens"]),
        (("inkling-train", "--tokens", "t.txt", "--language", "c"), ["--language", "--sequence document"]),
        (("inkling", "score", "--sequence", "line", "t.txt"), ["--sequence", "--tokens"]),
        (("inkling", "score", "--tokens", "--language", "c", "t.txt"), ["--language", "--tokens"]),
        (("inkling", "score", "--component", "ngram", "--precision", "float32", "t.txt"), ["--precision"]),
        (("inkling", "evaluate", "--sequence", "line", "t.txt"), ["--sequence", "--tokens"]),
        (("inkling", "evaluate", "--without", "neighbours", "t.txt"), ["neighbours", "--caches history"]),
        (("inkling", "evaluate", "--without", "recurrent", "t.txt"), ["recurrent"]),
        (("inkling", "generate", "--temperature", "0", "--top-k", "3"), ["--top-k", "--temperature 0"]),
        (("inkling-train", "import", "t.txt", "--vocabulary", "v.txt"), ["--vocabulary"]),
    ],
)
def test_an_option_without_effect_is_a_usage_error(programs, arguments, words):
    (programs.home / "t.txt").write_text("one two three\n")
    result = programs.run(*arguments, check=2)
    assert re.match(rb"^inkling: usage: [^\n]+\n$", result.stderr), result.stderr
    for word in words:
        assert word in result.stderr.decode(), result.stderr
    assert [path.name for path in programs.home.iterdir()] == ["t.txt"]


def test_an_option_that_says_what_network_trains_one(programs):
    (programs.home / "t.txt").write_text("one two three\n" * 5)
    for option in (["--embedding", 8], ["--tied"], ["--network-vocabulary", 4]):
        programs.train("--tokens", "t.txt", "--order", 2, "--output", "m", "--epochs", 1, "--hidden", 8, *option)
        assert (programs.home / "m" / "recurrent.safetensors").exists(), option


def test_the_help_has_the_network_and_readable_defaults(programs):
    for arguments in (["--help"], ["-h"], ["help"], ["train", "--help"]):
        text = programs.train(*arguments).stdout.decode()
        for option in ("--cell", "--dropout", "--checkpoint-interval", "--order", "--tokens"):
            assert option in text, (arguments, option)
        assert "Duration(" not in text and "2m" in text


def test_no_grammar_claims_a_misspelt_extension(programs):
    for name, language in {"a.adoc": "asciidoc", "a.asciidoc": "asciidoc", "a.md": "markdown", "a.rst": "restructuredtext"}.items():
        (programs.home / name).write_text("word")
        assert json.loads(programs.inkling("complete", name, "--json").stdout)["language"] == language
