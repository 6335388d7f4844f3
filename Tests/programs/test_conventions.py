"""Exit statuses, messages and help: what every command has in common."""

import re
import subprocess

import pytest

from program_support import BIN

LISTED = re.compile(r"^  ([a-z]+)(?: \(default\))?  ", re.MULTILINE)
MESSAGE = re.compile(rb"^inkling: [^:]+: .+\n$")


@pytest.mark.parametrize("program", ["inkling", "inkling-train"])
def test_version_and_help(programs, program):
    version = programs.run(program, "--version", check=0).stdout
    assert re.match(rb"^\d+\.\d+\.\d+\n$", version)
    assert b"Example" in programs.run(program, "--help", check=0).stdout


@pytest.mark.parametrize(
    "program, expected",
    [
        ("inkling", {"complete", "highlight", "score", "inspect", "serve", "evaluate", "tag", "transform"}),
        ("inkling-train", {"train", "import", "tag", "pairs"}),
    ],
)
def test_every_command_has_help_with_an_example(programs, program, expected):
    text = programs.run(program, "--help", check=0).stdout.decode()
    commands = set(LISTED.findall(text[text.index("SUBCOMMANDS:") :]))
    assert expected <= commands
    for command in commands:
        help = programs.run(program, command, "--help", check=0).stdout.decode()
        assert f"USAGE: {program} {command}" in help and "Example: " in help


@pytest.mark.parametrize(
    "arguments",
    [
        ("inkling", "--no-such-option"),
        ("inkling", "complete", "--top", "many"),
        ("inkling", "complete", "--top", "0"),
        ("inkling", "complete", "--at", "3;4", "x"),
        ("inkling", "complete", "--jsonl", "--json"),
        ("inkling", "highlight", "--format", "pdf"),
        ("inkling", "highlight", "--threshold", "nan"),
        ("inkling", "score", "--component", "magic"),
        ("inkling-train", "--order", "9"),
        ("inkling-train", "--order", "0"),
        ("inkling-train", "--smoothing", "witten-bell"),
        ("inkling-train", "--delta", "1"),
        ("inkling-train", "--prune", "2 1"),
        ("inkling-train", "--memory", "lots"),
        ("inkling-train", "--held-out", "0.9"),
        ("inkling-train", "--sequence", "document"),
        ("inkling-train", "--tokens"),
        ("inkling-train", "tag"),
        ("inkling-train", "tag", "x", "--tagger", "magic"),
        ("inkling-train", "tag", "x", "--classes", "1"),
        ("inkling-train", "tag", "x", "--tagger", "hmm", "--hidden", "4"),
        ("inkling", "tag", "--top", "3", "x"),
        ("inkling", "tag", "--probabilities", "x"),
        ("inkling", "tag", "--jsonl", "x"),
        ("inkling-train", "pairs"),
        ("inkling-train", "pairs", "x", "--units", "sentence"),
        ("inkling-train", "pairs", "x", "--scheduled-sampling", "2"),
        ("inkling-train", "pairs", "x", "--epochs", "3", "--time", "10s"),
        ("inkling", "transform", "--beam", "0", "x"),
        ("inkling", "transform", "--jsonl", "x"),
    ],
)
def test_usage_errors(programs, arguments):
    result = programs.run(*arguments, check=2)
    assert result.stdout == b""
    assert MESSAGE.match(result.stderr), result.stderr
    assert b"(see inkling" in result.stderr


def test_no_command_is_a_usage_error(programs):
    result = programs.run("inkling", check=2)
    assert result.stdout == b"" and b"SUBCOMMANDS" in result.stderr


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("inkling", "complete", "missing.swift"), [b"missing.swift", b"no such file"]),
        (("inkling", "complete", "."), [b"directory"]),
        (("inkling", "complete", "--language", "klingon", "-"), [b"klingon", b"unknown language", b"swift"]),
        (("inkling", "complete", "--model", "nowhere", "-"), [b"nowhere", b"no such model", b"inkling-train"]),
        (("inkling", "highlight", "missing.c"), [b"missing.c", b"no such file"]),
        (("inkling", "score", "missing.c"), [b"missing.c", b"no such file"]),
        (("inkling", "score", "-"), [b"model", b"none found", b"--model"]),
        (("inkling", "inspect", "nowhere"), [b"nowhere", b"no such model"]),
        (("inkling-train", "missing"), [b"missing", b"no such file"]),
        (("inkling-train", "--tokens", "missing"), [b"missing", b"no such file"]),
        (("inkling-train", "import", "missing.arpa"), [b"missing.arpa", b"no such file"]),
        (("inkling-train", "empty"), [b"empty", b"no readable"]),
        (("inkling-train", "text", "--language", "klingon"), [b"klingon", b"unknown language"]),
        (("inkling-train", "text", "--output", "text/a.txt"), [b"text/a.txt", b"not a directory"]),
        (("inkling-train", "text", "--output", "/proc/model"), [b"/proc/model"]),
    ],
)
def test_bad_input_names_the_place_and_the_way_out(programs, arguments, words):
    (programs.home / "empty").mkdir()
    (programs.home / "text").mkdir()
    (programs.home / "text" / "a.txt").write_text("one two three\n")
    result = programs.run(*arguments, input=b"some text", check=1)
    assert MESSAGE.match(result.stderr), result.stderr
    for word in words:
        assert word in result.stderr, (word, result.stderr)
    # Nothing is left behind, the place that could not be written included.
    assert sorted(path.name for path in programs.home.iterdir()) == ["empty", "text"]
    assert [path.name for path in (programs.home / "text").iterdir()] == ["a.txt"]


def test_a_closed_pipe_ends_quietly(programs, tmp_path):
    text = tmp_path / "long.txt"
    text.write_text("word and word\n" * 20000)
    command = f"'{BIN}/inkling' highlight --threshold 0 --format plain '{text}' | head -n 1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, env=programs.environment, timeout=120)
    assert result.stdout.count(b"\n") == 1
    assert result.stderr == b""


def test_a_full_output_is_an_error(programs):
    with open("/dev/full", "wb") as full:
        command = [str(BIN / "inkling"), "complete", "--json"]
        result = subprocess.run(
            command, input=b"one two one ", stdout=full, stderr=subprocess.PIPE, env=programs.environment, timeout=60
        )
    assert result.returncode == 1
    assert b"standard output: the disk is full" in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completions(programs, shell):
    script = programs.inkling("--generate-completion-script", shell).stdout
    assert b"highlight" in script and b"complete" in script
