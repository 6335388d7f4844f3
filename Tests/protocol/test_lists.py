"""When a list opens, what its items are, and where they stand among those of other servers."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")
URI = "file:///tmp/inkling-lists/a.swift"
CODE = "".join(f"let total{number} = counter + amount\nprint(total{number})\n" for number in range(12))
LAST = CODE.count("\n")
TEXT, FUNCTION, VARIABLE, CLASS, KEYWORD = 1, 3, 6, 7, 14


@pytest.fixture
def start():
    started = []

    def start(options=None, capabilities=None, text=CODE, language="swift"):
        client = Client([INKLING, "serve"])
        started.append(client)
        client.initialize(capabilities, {"train": {"workspace": False}, **(options or {})})
        client.open(URI, text, language)
        return client

    yield start
    for client in started:
        client.process.kill()


def completion(client, line, character, kind=None):
    params = {"textDocument": {"uri": URI}, "position": {"line": line, "character": character}}
    if kind:
        params["context"] = {"triggerKind": kind}
    return client.request("textDocument/completion", params)


class Typist:
    """Types a text as a client does that asks after every character and accepts the first item at Return."""

    def __init__(self, client, kind):
        self.client, self.kind = client, kind
        self.lines = CODE.split("\n")
        self.version = 1
        self.shown = []

    def put(self, text, start, end):
        self.version += 1
        line = len(self.lines) - 1
        self.client.change(URI, self.version, line, start, text, end=(line, end))
        whole = self.lines[-1][:start] + text + self.lines[-1][end:]
        self.lines[-1:] = whole.split("\n")

    def type(self, text):
        for character in text:
            if character == "\n" and self.shown:
                first = self.shown[0]["textEdit"]
                self.put(first["newText"], first["range"]["start"]["character"], first["range"]["end"]["character"])
                self.shown = []
            self.put(character, len(self.lines[-1]), len(self.lines[-1]))
            self.shown = completion(self.client, len(self.lines) - 1, len(self.lines[-1]), self.kind)["items"]


@pytest.mark.parametrize("kind", [None, 1, 2])
def test_return_leaves_blank_lines_and_indentation(start, kind):
    typist = Typist(start(), kind)
    typist.type("\n")
    before = len(typist.lines)
    for text in ["\n", "    ", "\n", "\t", "\n", "\n"]:
        typist.type(text)
    assert typist.lines[before - 1:] == ["", "    ", "\t", "", ""]


def test_asked_again_a_blank_line_is_answered(start):
    client = start()
    assert completion(client, LAST, 0, 1)["items"]
    client.change(URI, 2, LAST, 0, "\n")
    assert completion(client, LAST + 1, 0, 1)["items"] == []
    assert completion(client, LAST + 1, 0, 1)["items"]


def test_lists_at_a_boundary(start):
    client = start()
    client.change(URI, 2, LAST, 0, "let zebra = counter + ")
    wanted = completion(client, LAST, 22, 2)
    assert wanted["items"][0]["label"] == "amount"
    client.change(URI, 3, LAST, 22, "zebra - ")
    hardly = completion(client, LAST, 30, 2)
    assert hardly["items"] == [] and hardly["isIncomplete"]
    assert completion(client, LAST, 30)["items"] == []
    assert len(completion(client, LAST, 30, 1)["items"]) > 2
    client.notify("workspace/didChangeConfiguration", {"settings": {"inkling": {
        "completion": {"nextListMinimumProbability": 0, "nextWordMinimumProbability": 0}}}})
    assert completion(client, LAST, 30, 2)["items"]


def test_kinds(start):
    client = start(text="struct Amounts {}\nmeasure(1)\nmeasure(2)\nlet size = size\ncontinue\n")

    def kind(line, label):
        client.change(URI, 2, 5, 0, line, end=(5, 99))
        return next(item["kind"] for item in completion(client, 5, len(line))["items"] if item["label"] == label)
    assert kind("x = mea", "measure") == FUNCTION
    assert kind("x = si", "size") == VARIABLE
    assert kind("cont", "continue") == KEYWORD
    assert kind("x = Am", "Amounts") == CLASS
    assert kind("// mea", "measure") == TEXT
    assert kind("x = \"mea", "measure") == TEXT


@pytest.mark.parametrize("order", ["auto", "first", "last"])
def test_order_among_other_servers(start, order):
    client = start({"completion": {"order": order}}, text="corner cosmos counter\n" * 4 + "x = co")
    keys = [item["sortText"] for item in completion(client, 4, 6)["items"]]
    assert keys == sorted(keys) and len(keys) > 1
    others = ["aLabel", "z_hidden", "09.9999.x", "11", "ffffffff"]
    if order == "first":
        assert all(key < other for key in keys for other in others)
    elif order == "last":
        assert all(key > other for key in keys for other in others)


def test_within_a_word(start):
    support = {"textDocument": {"completion": {"completionItem": {"insertReplaceSupport": True}}}}
    client = start(capabilities=support, text=CODE + "let x = couXY")
    item = next(item for item in completion(client, LAST, 11)["items"] if item["label"] == "counter")
    edit = item["textEdit"]
    assert edit["insert"] == {"start": {"line": LAST, "character": 8}, "end": {"line": LAST, "character": 11}}
    assert edit["replace"] == {"start": {"line": LAST, "character": 8}, "end": {"line": LAST, "character": 13}}
    plain = start(text=CODE + "let x = couXY")
    item = next(item for item in completion(plain, LAST, 11)["items"] if item["label"] == "counter")
    assert item["textEdit"]["range"] == edit["replace"]


def test_marks_are_pushed_to_clients_that_cannot_be_refreshed(start):
    options = {"diagnostics": {"thresholdBits": 8, "delayMilliseconds": 10}}
    client = start(options, {"textDocument": {"diagnostic": {}}})
    client.change(URI, 2, LAST, 0, "let sum = zebra + amount")

    def marks(holds):
        while True:
            params = client.wait_for("textDocument/publishDiagnostics")
            if holds(" ".join(mark["message"] for mark in params["diagnostics"])):
                return
    marks(lambda text: "zebra" in text)
    client.change(URI, 3, LAST, 10, "counter", end=(LAST, 15))
    marks(lambda text: "zebra" not in text)
