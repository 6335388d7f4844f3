"""Networks that several processes learn under mpirun: every step together, or with weights averaged every so many steps."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest
from program_support import BIN, sentences

MPIRUN = [
    "mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "btl", "tcp,self",
    "--mca", "mpi_yield_when_idle", "1", "-n", "2",
]
NETWORK = ["--hidden", "24", "--layers", "1", "--batch", "8", "--bptt", "10", "--rate", "0.01", "--dropout", "0",
           "--threads", "1"]

pytestmark = pytest.mark.skipif(shutil.which("mpirun") is None, reason="no Open MPI here")


@pytest.fixture
def text(tmp_path):
    lines = list(sentences(1700))
    (tmp_path / "train.txt").write_text("\n".join(lines[:1500]) + "\n")
    (tmp_path / "valid.txt").write_text("\n".join(lines[1500:]) + "\n")
    return ["--tokens", str(tmp_path / "train.txt"), "--valid", str(tmp_path / "valid.txt")]


def start(programs, *arguments, count=2):
    command = [*MPIRUN[:-1], str(count), str(BIN / "inkling-train"), *map(str, arguments), "--json"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=programs.environment, cwd=programs.home)


def perplexity(output):
    events = [json.loads(line) for line in output.splitlines()]
    assert events[-1]["event"] == "finished"
    return [event["heldOutPerplexity"] for event in events if event["event"] == "networkFinished"][0]


def test_several_processes_learn_the_network_of_one(programs, text, tmp_path):
    dropping = [*NETWORK, "--variational"]
    alone = programs.train(*text, *dropping, "--epochs", 4, "--json", "--output", tmp_path / "one")
    for count in [2, 3]:
        process = start(programs, *text, *dropping, "--epochs", 4, "--output", tmp_path / "several", count=count)
        output, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
        assert perplexity(output) == pytest.approx(perplexity(alone.stdout), rel=0.002)
    programs.run("inkling", "inspect", tmp_path / "several", check=0)


def test_processes_that_average_learn_about_as_well(programs, text, tmp_path):
    alone = programs.train(*text, *NETWORK, "--epochs", 8, "--json", "--output", tmp_path / "one")
    process = start(programs, *text, *NETWORK, "--epochs", 8, "--outer-every", 10, "--output", tmp_path / "two")
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    assert perplexity(output) == pytest.approx(perplexity(alone.stdout), rel=0.05)
    programs.run("inkling", "inspect", tmp_path / "two", check=0)
    assert not (tmp_path / "two.checkpoint").exists()


@pytest.mark.parametrize("sharing", [[], ["--outer-every", 10]])
def test_a_killed_process_costs_the_steps_since_the_checkpoint(programs, text, tmp_path, sharing):
    arguments = [*text, *NETWORK, "--epochs", 24, *sharing, "--output", tmp_path / "model"]
    process = start(programs, *arguments, "--checkpoint-interval", "0.2")
    checkpoint = tmp_path / "model.checkpoint"
    for _ in range(600):
        time.sleep(0.1)
        if checkpoint.exists():
            break
    workers = subprocess.run(["pgrep", "-P", str(process.pid), "inkling"], capture_output=True, text=True).stdout.split()
    assert len(workers) == 2
    os.kill(int(workers[-1]), signal.SIGKILL)
    process.communicate(timeout=120)
    assert process.returncode != 0 and checkpoint.exists() and not (tmp_path / "model").exists()
    # Another number of processes may go on.
    output, errors = start(programs, *arguments, "--resume", count=3).communicate(timeout=240)
    assert b"going on from step" in output, errors
    assert perplexity(output) < 20


def test_one_process_alone_is_refused(programs, text, tmp_path):
    refused = programs.train(
        *text, *NETWORK, "--epochs", 1, "--outer-every", 10, "--output", tmp_path / "model", check=1)
    assert b"mpirun -n 2" in refused.stderr
    programs.train(*text, *NETWORK, "--time", "1s", "--outer-every", 10, "--output", tmp_path / "model", check=2)


@pytest.mark.parametrize("arguments", [
    ["pairs", "pairs.tsv"], ["classify", "texts.csv"], ["tag", "tagged.txt"], ["estimate", "a.run"],
    ["count", "text"], ["merge", "a.run"], ["--tokens", "train.txt"],
])
def test_what_one_process_makes_is_refused_in_each(programs, tmp_path, arguments):
    process = start(programs, *arguments, "--output", tmp_path / "model")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and b"mpirun: starts 2 processes" in errors, errors
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("arguments", [["--epochs", 1, "--from", "base"], ["--epochs", 1, "--cell", "bag"], ["--layers", 1]])
def test_what_processes_cannot_learn_together_is_refused(programs, text, tmp_path, arguments):
    process = start(programs, *text, *arguments, "--output", tmp_path / "model")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2 and b"mpirun needs" in errors, errors
