"""Networks that several processes learn under mpirun, with their weights averaged every so many steps."""
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


def start(programs, *arguments):
    command = [*MPIRUN, str(BIN / "inkling-train"), *map(str, arguments), "--json"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=programs.environment, cwd=programs.home)


def perplexity(output):
    events = [json.loads(line) for line in output.splitlines()]
    assert events[-1]["event"] == "finished"
    return [event["heldOutPerplexity"] for event in events if event["event"] == "networkFinished"][0]


def test_two_processes_learn_what_one_does(programs, text, tmp_path):
    alone = programs.train(*text, *NETWORK, "--epochs", 8, "--json", "--output", tmp_path / "one")
    process = start(programs, *text, *NETWORK, "--epochs", 8, "--outer-every", 10, "--output", tmp_path / "two")
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    assert perplexity(output) == pytest.approx(perplexity(alone.stdout), rel=0.05)
    programs.run("inkling", "inspect", tmp_path / "two", check=0)
    assert not (tmp_path / "two.checkpoint").exists()


def test_a_killed_process_costs_the_steps_since_the_checkpoint(programs, text, tmp_path):
    arguments = [*text, *NETWORK, "--epochs", 24, "--outer-every", 10, "--output", tmp_path / "model"]
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
    output, errors = start(programs, *arguments, "--resume").communicate(timeout=240)
    assert b"going on from step" in output, errors
    assert perplexity(output) < 20


def test_one_process_alone_is_refused(programs, text, tmp_path):
    refused = programs.train(
        *text, *NETWORK, "--epochs", 1, "--outer-every", 10, "--output", tmp_path / "model", check=1)
    assert b"mpirun -n 2" in refused.stderr
    programs.train(*text, *NETWORK, "--time", "1s", "--outer-every", 10, "--output", tmp_path / "model", check=2)
