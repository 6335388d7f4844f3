"""Models that are damaged at random. A server answers before it has compared a model's files with their hashes: in that
time it must neither crash nor hang whatever they hold, and soon after it must say which file is damaged and go on
without."""
import os
import pathlib
import random
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")
ROUNDS = 1500 if "INKLING_LONG_TESTS" in os.environ else 60
CAPABILITIES = {"textDocument": {"diagnostic": {}, "semanticTokens": {}, "inlineCompletion": {}}}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    text = folder / "text"
    text.mkdir()
    source = random.Random(3)
    words = ["walnut", "maple", "birch", "count", "index", "let", "value", "(", ")", "=", "return", "if", "für", "漢字"]
    for number in range(30):
        lines = (" ".join(source.choices(words, k=9)) for _ in range(60))
        (text / f"{number}.swift").write_text("\n".join(lines))
    command = [INKLING + "-train", str(text), "--output", str(folder / "model"), "--cell", "gru", "--hidden", "16",
               "--epochs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "model"


def damage(data, source):
    """Another content of the same length, so that only its bytes tell."""
    data = bytearray(data)
    for _ in range(source.choice([1, 1, 2, 50])):
        place = source.randrange(len(data))
        if source.random() < 0.5:
            data[place] ^= 1 << source.randrange(8)
        else:
            # Numbers that would be offsets, counts or logarithms.
            value = source.choice([b"\xff" * 8, b"\0" * 8, b"\0\0\x80\x7f", b"\xff\xff\xff\x7f", b"\1"])
            data[place:place + len(value)] = value[:len(data) - place]
    return bytes(data)


def everything(client, uri, source):
    """Edits and every kind of request, all at once; their numbers."""
    client.open(uri, "let walnut = maple(birch)\nreturn wal", "swift")
    named, place = {"textDocument": {"uri": uri}}, {"line": 1, "character": 10}
    started = []
    for version in range(2, 12):
        client.change(uri, version, 0, 0, source.choice(["if maple ", "漢字", "walnu", "("]))
        started.append(client.start("textDocument/completion", {**named, "position": place}))
    for method in ["textDocument/diagnostic", "textDocument/semanticTokens/full", "inkling/score"]:
        started.append(client.start(method, named))
    for method in ["textDocument/hover", "textDocument/inlineCompletion", "inkling/complete"]:
        started.append(client.start(method, {**named, "position": {"line": 0, "character": 5},
                                             "context": {"triggerKind": 1}}))
    started.append(client.start("workspace/executeCommand", {"command": "inkling.explain", "arguments": [
        {"word": "maple", "textDocument": {"uri": uri}, "position": place}]}))
    return started


def test_damage_is_survived_and_named(model, tmp_path):
    source = random.Random(11)
    names = sorted(path.name for path in model.iterdir() if path.suffix not in (".jsonl",))
    assert "recurrent.safetensors" in names and "ngrams.bin" in names
    copy = tmp_path / "model"
    copy.mkdir()
    for path in model.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    for number in range(ROUNDS):
        name = names[number % len(names)]
        good = (model / name).read_bytes()
        bad = damage(good, source)
        (copy / name).write_bytes(bad)
        client = Client([INKLING, "serve", "--model", str(copy)])
        try:
            client.initialize(CAPABILITIES, {"heatMap": {"enabled": True}})
            started = everything(client, (tmp_path / "a.swift").as_uri(), source)
            started += everything(client, (tmp_path / "b.swift").as_uri(), source)
            for request in started:
                assert "jsonrpc" in client.wait(request, timeout=30)
            if bad != good and name != "model.json":
                # The file itself, or one that it no longer fits.
                assert str(copy) in client.wait_for("window/showMessage", timeout=30)["message"]
            assert client.completion((tmp_path / "a.swift").as_uri(), 1, 10)["items"]
            assert client.stop() == 0
        except Exception as error:
            raise AssertionError(f"round {number}, {name}") from error
        finally:
            client.process.kill()
        (copy / name).write_bytes(good)
