"""Networks that PyTorch trains on an exported corpus, in one process and under torchrun, and what is taken from there.

Whole runs need PyTorch, in the Python of these tests or that which INKLING_TORCH_PYTHON names; the reading of a corpus needs
numpy alone.
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from program_support import ROOT, sentences

SCRIPTS = ROOT / "scripts" / "torch"
PYTHON = os.environ.get("INKLING_TORCH_PYTHON", sys.executable)
NETWORK = ["--hidden", 24, "--layers", 1, "--batch", 4, "--bptt", 10, "--epochs", 3, "--rate", 0.01]


@pytest.fixture
def corpus(programs, tmp_path):
    """A corpus of sentences without dropout, and the token files it is of."""
    lines = list(sentences(700))
    (tmp_path / "train.txt").write_text("\n".join(lines[:600]) + "\n")
    (tmp_path / "valid.txt").write_text("\n".join(lines[600:]) + "\n")
    text = ["--tokens", tmp_path / "train.txt", "--valid", tmp_path / "valid.txt"]
    programs.train("export-corpus", *text, *NETWORK, "--dropout", 0, "--output", tmp_path / "corpus")
    return tmp_path / "corpus"


@pytest.fixture
def reading():
    pytest.importorskip("numpy")
    sys.path.insert(0, str(SCRIPTS))
    try:
        import corpus as module
        yield module
    finally:
        sys.path.remove(str(SCRIPTS))


def test_processes_share_the_segments_of_one(corpus, reading):
    import numpy

    opened = reading.Corpus(str(corpus))
    whole = reading.Segments(opened, 0, 1)
    parts = [reading.Segments(opened, index, 3) for index in range(3)]
    for epoch in (0, 1):
        seen = 0
        for index in range(whole.count):
            tokens, targets = whole.segment(index, epoch)
            for place, array in enumerate((tokens, targets)):
                shared = numpy.concatenate([part.segment(index, epoch)[place] for part in parts], axis=1)
                assert (shared == array).all()
            # What is predicted at a step is what is read at the next.
            assert (tokens[1:] == targets[:-1]).all()
            seen += targets.size
        assert seen == whole.length * whole.total_stream_count
    assert (whole.segment(0, 0)[0] != whole.segment(0, 1)[0]).any()


def test_damaged_corpora_are_refused(corpus, reading):
    rows = (corpus / "training.i32").read_bytes()
    for damaged in (rows[:-4], rows[:-1], rows[:-4] + b"\xff\xff\xff\x7f"):
        (corpus / "training.i32").write_bytes(damaged)
        with pytest.raises(reading.CorpusError, match="export the corpus again"):
            reading.Corpus(str(corpus))
    description = json.loads((corpus / "corpus.json").read_text())
    del description["training"]["streams"]
    incomplete = json.dumps(description)
    for description in (incomplete, "{", "{}", '{"format": "inkling-corpus", "version": 2}', '{"format": "inkling-corpus", "version": 1}'):
        (corpus / "corpus.json").write_text(description)
        with pytest.raises(reading.CorpusError):
            reading.Corpus(str(corpus))


def run(corpus, output, *options, processes=None):
    """Starts a training; its events are in OUTPUT.log."""
    launcher = [PYTHON, "-m", "torch.distributed.run", "--standalone", "--max-restarts", "2", "--nproc-per-node",
                str(processes)] if processes else [PYTHON]
    command = [*launcher, str(SCRIPTS / "train.py"), str(corpus), "--output", str(output), "--device", "cpu", *options]
    log = open(f"{output}.log", "wb")
    return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "OMP_NUM_THREADS": "1"})


def finished(process, output):
    """The events of a run that ends well."""
    assert process.wait(timeout=240) == 0, pathlib.Path(f"{output}.log").read_text()[-2000:]
    lines = pathlib.Path(f"{output}.log").read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.fixture
def torch():
    if subprocess.run([PYTHON, "-c", "import torch"], capture_output=True).returncode:
        pytest.skip("no PyTorch here")


def test_pytorch_learns_what_is_learned_here(programs, torch, corpus, tmp_path):
    text = ["--tokens", tmp_path / "train.txt", "--valid", tmp_path / "valid.txt"]
    model = tmp_path / "model"
    answer = programs.train(*text, *NETWORK, "--dropout", 0, "--json", "--output", model)
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    here = [event["heldOutLoss"] for event in events if event["event"] == "networkEvaluation"]
    one = finished(run(corpus, tmp_path / "one.safetensors"), tmp_path / "one.safetensors")
    there = [event["heldOutLoss"] for event in one if event["event"] == "evaluation"]
    # The same weights to begin with, the same tokens in the same steps: only rounding differs.
    assert len(here) == len(there) > 0 and here[0] > here[-1] + 0.01
    assert there == pytest.approx(here, abs=5e-3)

    # A killed worker costs the steps since the last checkpoint; two processes learn what one does.
    output = tmp_path / "two.safetensors"
    process = run(corpus, output, "--checkpoint-every", "5", processes=2)
    checkpoint = pathlib.Path(f"{output}.checkpoint")
    first = None
    for _ in range(600):
        time.sleep(0.1)
        if checkpoint.exists():
            first = first or checkpoint.stat().st_mtime_ns
            if checkpoint.stat().st_mtime_ns != first:
                break
    workers = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    os.kill(int(workers[-1]), signal.SIGKILL)
    two = finished(process, output)
    assert any("going on from step" in event.get("text", "") for event in two)
    assert two[-1]["heldOutPerplexity"] == pytest.approx(one[-1]["heldOutPerplexity"], rel=0.01)
    assert not checkpoint.exists()

    programs.train("import", output, "--output", model)
    score = programs.run(
        "inkling", "score", "--model", model, "--tokens", "--component", "recurrent", "--precision", "float32", "--json",
        tmp_path / "valid.txt", check=0)
    assert json.loads(score.stdout)["perplexity"] == pytest.approx(two[-1]["heldOutPerplexity"], rel=1e-3)
