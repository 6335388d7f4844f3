"""A limit of the address space ends the programs with an error, not with a signal."""
import os
import pathlib
import resource
import subprocess

import pytest

PROGRAMS = pathlib.Path(os.environ["INKLING_BIN"]).resolve()


def run(command, kilobytes, **arguments):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (kilobytes * 1024,) * 2)
    return subprocess.run(
        command, preexec_fn=limit, capture_output=True, text=True, errors="replace", timeout=60, **arguments)


@pytest.mark.parametrize("megabytes", [120, 160, 240, 400, 800])
@pytest.mark.parametrize("options", [[], ["--cell", "lstm", "--epochs", "1"]])
def test_training(tmp_path, megabytes, options):
    source = tmp_path / "src"
    source.mkdir()
    for number in range(20):
        (source / f"a{number}.swift").write_text(
            "".join(f"let value{k} = register({k}, amount{k * number % 97})\n" for k in range(300)))
    done = run([PROGRAMS / "inkling-train", source, "--output", tmp_path / "m", *options], megabytes * 1024)
    assert done.returncode in (0, 1), (done.returncode, done.stderr[-500:])
    if done.returncode == 1:
        assert any(line.startswith("inkling: ") for line in done.stderr.splitlines()), done.stderr[-500:]


@pytest.mark.parametrize("megabytes", [40, 45, 50, 120, 160, 240])
def test_completing_a_large_text(tmp_path, megabytes):
    text = tmp_path / "a.txt"
    text.write_text(" ".join(f"word{number}" for number in range(300_000)))
    done = run([PROGRAMS / "inkling", "complete", text], megabytes * 1024, env=dict(os.environ, HOME=str(tmp_path)))
    assert done.returncode in (0, 1), (done.returncode, done.stderr[-500:])
    if done.returncode == 1:
        assert "inkling: " in done.stderr
