"""Files other than models, damaged at random: grammars, checkpoints, a project's settings and dictionary, what a run has logged.
Whatever they hold, a program ends with a status of its own, in little time and memory, and a server goes on."""
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()
ROUNDS = 10_000 if "INKLING_LONG_TESTS" in os.environ else 40
NUMBERS = ["-1", "0", "1e308", "-1e308", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1.5", "null", "true",
           "[]", "{}", '""', '"\\u0000"', '"' + "x" * 3000 + '"', "[[[[[[[[[[[[]]]]]]]]]]]]"]
KILOBYTES_BEYOND = 64 << 10


def damaged(data, source):
    """Another content: bytes, numbers and pieces put in, taken out, doubled or exchanged."""
    data = bytearray(data)
    for _ in range(source.choice([1, 1, 2, 8])):
        place = source.randrange(len(data) + 1)
        kind = source.randrange(6)
        if kind == 0 and data:
            data[place % len(data)] = source.randrange(256)
        elif kind == 1:
            del data[place:place + source.choice([1, 2, 40, 4000])]
        elif kind == 2:
            data[place:place] = data[place:place + source.choice([1, 30, 500])]
        elif kind == 3:
            data[place:place] = source.choice(NUMBERS).encode()
        else:
            # A value of JSON in the place of another.
            colon = data.find(b":", place)
            ends = [end for end in (data.find(b",", colon), data.find(b"}", colon)) if end > 0]
            if colon >= 0 and ends:
                data[colon + 1:min(ends)] = source.choice(NUMBERS).encode()
    return bytes(data)


def ends_well(command, environment, beyond):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = subprocess.run(command, capture_output=True, timeout=60, env=environment, input=b"let alpha = bet")
    assert done.returncode in (0, 1, 2), (done.returncode, done.stderr[-400:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after <= max(before, beyond), f"{after} kB"


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def usual(command, environment):
    """The memory that a command takes where nothing is damaged, and what it may take beyond that, in kB."""
    subprocess.run(command, capture_output=True, timeout=60, env=environment, input=b"let alpha = bet")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss + KILOBYTES_BEYOND


def test_grammars(tmp_path, environment):
    grammars = sorted((pathlib.Path(__file__).parents[2] / "grammars").glob("*.json"))
    folder = tmp_path / "config" / "inkling" / "grammars"
    folder.mkdir(parents=True)
    source = random.Random(11)
    command = [BIN / "inkling", "complete", "--language", "swift"]
    beyond = usual(command, environment)
    for _ in range(ROUNDS):
        grammar = source.choice([path for path in grammars if path.name not in ("index.json", "schema.json")])
        (folder / "swift.json").write_bytes(damaged(grammar.read_bytes(), source))
        ends_well(command, environment, beyond)


def test_settings_and_dictionaries(tmp_path, environment):
    whole = json.dumps({
        "completion": {"enabled": True, "limit": 7, "deadlineMilliseconds": 30, "nextWordMinimumProbability": 0.2,
                       "excludedContexts": ["comment"], "nearbyFiles": True},
        "diagnostics": {"enabled": True, "limit": 9, "thresholdBits": 9.5, "severity": "hint", "delayMilliseconds": 100},
        "inlineCompletion": {"minimumProbability": 0.5}, "heatMap": {"enabled": False}, "model": "models/mine",
        "train": {"workspace": False, "recurrent": "never", "recurrentMinutes": 3}}).encode()
    source = random.Random(12)
    client = Client([str(BIN / "inkling"), "serve"], env=environment, stderr=subprocess.DEVNULL)
    client.initialize(options={"train": {"workspace": False}})
    for number in range(ROUNDS):
        project = tmp_path / f"p{number}"
        (project / ".inkling").mkdir(parents=True)
        (project / ".inkling" / "config.json").write_bytes(damaged(whole, source))
        (project / ".inkling" / "dictionary.txt").write_bytes(damaged(b"# words\nalpha\nbeta # a name\n", source))
        uri = (project / "a.txt").as_uri()
        client.open(uri, "alphabet soup, alph")
        client.completion(uri, 0, 19)
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        shutil.rmtree(project)
    assert client.stop() == 0


def test_checkpoints_and_logs(tmp_path, environment):
    text = tmp_path / "text.txt"
    text.write_text("the cat sat on the mat\na dog ran over the mat\n" * 30)
    output = tmp_path / "model"
    run = [BIN / "inkling-train", "--tokens", text, "--output", output, "--order", "2", "--hidden", "8", "--embedding", "8",
           "--threads", "1", "--no-mixture", "--checkpoint-interval", "0.01s"]
    checkpoint = tmp_path / "model.checkpoint"
    process = subprocess.Popen([*run, "--epochs", "100000"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not checkpoint.exists():
        assert process.poll() is None
    process.kill()
    process.wait()
    whole = checkpoint.read_bytes()
    subprocess.run([*run, "--epochs", "1"], env=environment, check=True, capture_output=True)
    log = (output / "training.jsonl").read_bytes()
    source = random.Random(13)
    command = [*run, "--epochs", "1", "--resume"]
    beyond = usual(command, environment)
    for number in range(ROUNDS // 2):
        # The header and its numbers are where damage tells.
        checkpoint.write_bytes(damaged(whole[:3000], source) + whole[3000:] if number % 4 else damaged(whole, source))
        (output / "training.jsonl").write_bytes(damaged(log, source))
        ends_well(command, environment, beyond)
        ends_well([BIN / "inkling", "inspect", output], environment, beyond)
