"""`inkling/classify`: texts and open documents, by a classifier that the client names."""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()


@pytest.fixture
def client(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path / "home")}
    client = Client([str(BIN / "inkling"), "serve", "--stdio"], env=environment)
    client.request("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": {}})
    client.notify("initialized")
    yield client
    client.process.kill()


def train(path, good):
    labelled = path.with_suffix(".tsv")
    labelled.write_text("".join(f"up 🎈\ta {good} film {n}\ndown\ta dull film {n}\n" for n in range(40)))
    subprocess.run([BIN / "inkling-train", "classify", labelled, "--encoder", "bag", "--output", path], check=True, stdout=subprocess.DEVNULL)


def test_texts_and_documents_are_classified(client, tmp_path):
    model = tmp_path / "model"
    train(model, "bright")
    answer = client.request("inkling/classify", {"text": "A BRIGHT film", "model": str(model), "explain": True})
    assert answer["label"] == "up 🎈" and [label["label"] for label in answer["labels"]] == ["up 🎈", "down"]
    assert abs(sum(label["probability"] for label in answer["labels"]) - 1) < 1e-5
    assert any("BRIGHT" in part["text"] and part["weight"] > 0 for part in answer["because"])
    uri = (tmp_path / "note.txt").as_uri()
    client.notify("textDocument/didOpen", {
        "textDocument": {"uri": uri, "languageId": "plaintext", "version": 1, "text": "a bright film"}})
    # The edit that came before is in the text that is classified.
    client.notify("textDocument/didChange", {
        "textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "a dull film"}]})
    answer = client.request("inkling/classify", {"textDocument": {"uri": uri}, "model": str(model), "top": 1})
    assert answer["label"] == "down" and len(answer["labels"]) == 1 and "because" not in answer
    # A classifier that was trained again answers from then on.
    train(model, "dim")
    words = [part["text"] for part in client.request(
        "inkling/classify", {"text": "a dim film", "model": str(model), "explain": True})["because"]]
    assert any("dim" in word for word in words)


def test_what_cannot_be_classified_is_an_error(client, tmp_path):
    for params, code in [
        ({"text": "x"}, -32602), ({"text": "x", "model": "relative"}, -32602), ({"model": "/nowhere"}, -32602),
        ({"textDocument": {"uri": "file:///not/open"}, "model": "/nowhere"}, -32602),
        ({"text": "x", "model": str(tmp_path / "none")}, -32803), ({"text": 5, "model": "/nowhere"}, -32602),
        ({"text": "x", "model": "/nowhere", "top": 0}, -32602),
    ]:
        number = client.start("inkling/classify", params)
        assert client.wait(number)["error"]["code"] == code, params
