"""Signals at random moments of training, half of them around the exchange: the old or the new model is whole, the
message says which, and the next run leaves nothing behind."""

import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from program_support import BIN, sentences

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]
INTERRUPTIONS = 2000 if os.environ.get("INKLING_LONG_TESTS") else 40
NETWORK = ["--epochs", "1", "--hidden", "8", "--layers", "1", "--batch", "4", "--bptt", "10", "--threads", "1"]
# Their content tells when they were written, or how long it took.
DATED = {"model.json", "training.jsonl", "report.html"}


def content(model):
    """What a model has learned, by file."""
    return {path.name: path.read_bytes() for path in model.iterdir() if path.name not in DATED and path.name != "notes"}


class Training:
    """Two texts that are trained on in turn, into the same model directory."""

    def __init__(self, programs, folder, options):
        self.programs, self.folder, self.options = programs, folder, ["--order", "2", *options]
        self.model = folder / "model"
        lines = [line + "\n" for line in sentences(400)]
        self.texts = [folder / "first.txt", folder / "second.txt"]
        self.texts[0].write_text("".join(lines))
        self.texts[1].write_text("".join(lines[::-1]) + "something else .\n")
        self.expected = []
        self.seconds = []
        for text in self.texts:
            start = time.monotonic()
            programs.train(*self.arguments(text))
            self.seconds.append(time.monotonic() - start)
            self.expected.append(content(self.model))
        assert self.expected[0] != self.expected[1]
        # Something of a person's, which every exchange has to bring along.
        (self.model / "notes").write_text("mine")

    def arguments(self, text):
        return ["--tokens", str(text), "--output", str(self.model), *self.options]

    def start(self, text):
        # In no terminal's group, so that only what is sent arrives.
        return subprocess.Popen(
            [str(BIN / "inkling-train"), *self.arguments(text)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=self.programs.environment, start_new_session=True,
        )

    def is_about_to_exchange(self):
        try:
            return any((path / "model.json").exists() for path in self.folder.glob("model.tmp-*"))
        except FileNotFoundError:
            return False

    def wait_for_exchange(self, process):
        while process.poll() is None and not self.is_about_to_exchange():
            time.sleep(0.0002)

    def left_over(self):
        known = {"model", "first.txt", "second.txt", "home"}
        return sorted(path.name for path in self.folder.iterdir() if path.name not in known)


@pytest.mark.parametrize("options", [[], NETWORK], ids=["ngrams", "network"])
def test_the_old_or_the_new_model_is_whole(programs, tmp_path, options):
    training = Training(programs, tmp_path, options)
    chance = random.Random(3)
    current = 1
    interrupted = 0
    for number in range(INTERRUPTIONS // 2):
        new = 1 - current
        kind = SIGNALS[number % 4]
        process = training.start(training.texts[new])
        if (number // 4) % 2:
            training.wait_for_exchange(process)
            time.sleep(chance.choice([0, 0.001, 0.005, 0.05]) * chance.random())
        else:
            time.sleep(chance.uniform(0, 1.05 * training.seconds[new]))
        process.send_signal(kind)
        message = process.stderr.read().decode()
        status = process.wait(timeout=120)
        interrupted += status != 0
        if status not in (0, 1):
            # Killed, or stopped before it listened for signals.
            assert status == -kind, (status, message)
        if kind == signal.SIGKILL and not (tmp_path / "model" / "notes").exists():
            # Killed between the exchange and the end of the move: the next run, below, ends it.
            assert [path.read_text() for path in tmp_path.glob("model.tmp-*/notes")] == ["mine"]
        else:
            assert (tmp_path / "model" / "notes").read_text() == "mine"
        programs.inkling("inspect", training.model)
        found = content(training.model)
        if "--epochs" in options and status == 0 and "stopping" in message:
            # A network that is told to stop ends with what it has learned so far.
            found.pop("recurrent.safetensors")
            assert found.items() <= training.expected[new].items()
        else:
            assert found in training.expected, (number, kind, status, message)
            if kind != signal.SIGKILL and status == 1:
                assert "is untouched" in message or "nothing was changed" in message
                assert found == training.expected[current]
            if status == 0:
                assert found == training.expected[new]
        if kind != signal.SIGKILL and status in (0, 1) and "stopping" not in message:
            assert training.left_over() == []
        current = new
        if found != training.expected[new] or training.left_over():
            programs.train(*training.arguments(training.texts[new]))
            assert content(training.model) == training.expected[new]
            assert training.left_over() == []
            assert (tmp_path / "model" / "notes").read_text() == "mine"
    assert interrupted > 0


def test_a_signal_before_the_first_model_leaves_no_folders(programs, tmp_path):
    text = tmp_path / "text"
    text.write_text("".join(line + "\n" for line in sentences(60000)))
    stopped = 0
    # At the moment the folders are made, and at others a little later.
    for delay in [0, 0, 0, 0, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.02]:
        process = subprocess.Popen(
            [str(BIN / "inkling-train"), "--tokens", str(text), "--output", str(tmp_path / "new" / "folder" / "model")],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=programs.environment,
        )
        while process.poll() is None and not (tmp_path / "new").exists():
            pass
        time.sleep(delay)
        process.send_signal(signal.SIGTERM)
        message = process.communicate(timeout=60)[1]
        # On a busy machine the training may have ended before this process comes to send the signal.
        if process.returncode == 0:
            shutil.rmtree(tmp_path / "new")
            continue
        stopped += 1
        assert process.returncode == 1 and b"nothing was changed" in message
        assert not (tmp_path / "new").exists(), delay
    assert stopped > 0


def test_trainings_to_one_place_at_once_all_end_well(programs, tmp_path):
    (tmp_path / "text").write_text("a b c\nb c a\n")
    processes = [
        subprocess.Popen(
            [str(BIN / "inkling-train"), "--tokens", str(tmp_path / "text"), "--output", str(tmp_path / "model")],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=programs.environment,
        )
        for _ in range(6)
    ]
    for process in processes:
        error = process.communicate(timeout=120)[1]
        assert process.returncode == 0, error
    programs.inkling("inspect", tmp_path / "model")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "model", "text"]
