"""What corrects words beside a model, in the server: marks that ask it, the same as `inkling highlight` has, and one that is damaged."""
import os
import pathlib
import random
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()
WORDS = ("garden window letter morning butter candle river mountain pocket silver winter summer market kitchen doctor "
         "teacher farmer sister brother village").split()


def prose(count, seed):
    draw = random.Random(seed)
    return "".join(
        f"the {draw.choice(WORDS)} and the {draw.choice(WORDS)} were in the {draw.choice(WORDS)} .\n"
        for _ in range(count))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    home = tmp_path_factory.mktemp("corrected")
    (home / "texts").mkdir()
    (home / "texts" / "a.txt").write_text(prose(1500, 1))
    for options in [["texts", "--output", "model"],
                    ["pairs", "--slips-from", "texts", "--output", "model.corrections", "--embedding", "24",
                     "--hidden", "48", "--epochs", "12"]]:
        done = subprocess.run([BIN / "inkling-train", *options], cwd=home, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    return home / "model"


@pytest.fixture
def served(tmp_path, model):
    started = []

    def served():
        environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
        client = Client([str(BIN / "inkling"), "serve", "--model", str(model)], env=environment)
        started.append(client)
        client.initialize({"textDocument": {"diagnostic": {}}}, {"train": {"workspace": False}})
        return client

    yield served
    for client in started:
        client.process.kill()


def marks(client, uri):
    report = client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    return {(mark["range"]["start"]["line"], mark["range"]["start"]["character"]): mark["message"]
            for mark in report["items"]}


def test_marks_ask_it_also_after_edits(served, tmp_path):
    lines = prose(60, 2).splitlines()
    lines[20] = "the mountain and the kicthne were in the river ."
    client = served()
    uri = (tmp_path / "a.txt").as_uri()
    client.open(uri, "\n".join(lines) + "\n")
    for _ in range(200):
        found = marks(client, uri)
        if (20, 21) in found:
            break
        time.sleep(0.05)
    assert "kitchen" in found[20, 21]
    client.change(uri, 2, 40, 0, "the wnidwo and ")
    assert "window" in marks(client, uri)[40, 4]
    assert client.stop() == 0


def test_a_damaged_one_is_named_and_passed_over(served, tmp_path, model):
    weights = model.with_name("model.corrections") / "network.safetensors"
    good = weights.read_bytes()
    weights.write_bytes(good[:-7] + bytes(7))
    try:
        client = served()
        uri = (tmp_path / "a.txt").as_uri()
        client.open(uri, prose(30, 2) + "the river was in the mrket .\n" + prose(10, 3))
        assert "model.corrections" in client.wait_for("window/showMessage", timeout=30)["message"]
        assert "market" in marks(client, uri)[30, 21]
        assert client.stop() == 0
    finally:
        weights.write_bytes(good)
