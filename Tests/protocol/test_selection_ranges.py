"""textDocument/selectionRange: widening a selection."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

INKLING = os.path.join(os.environ.get("INKLING_BIN", ".build/debug"), "inkling")
DECLARED = {"textDocument": {"selectionRange": {"dynamicRegistration": False}}}


@pytest.fixture
def client():
    client = Client([INKLING, "serve"])
    yield client
    client.process.kill()


def ask(client, uri, *positions):
    return client.request("textDocument/selectionRange", {
        "textDocument": {"uri": uri}, "positions": [{"line": line, "character": column} for line, column in positions]})


def chain(selection):
    ranges = []
    while selection:
        ranges.append(tuple(selection["range"][end][part] for end in ("start", "end") for part in ("line", "character")))
        selection = selection.get("parent")
    return ranges


@pytest.mark.parametrize("encoding, width", [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_positions_are_the_clients(client, encoding, width):
    result = client.initialize({"general": {"positionEncodings": [encoding]}, **DECLARED})
    assert result["capabilities"]["selectionRangeProvider"] is True
    client.open("file:///a.py", "x = f('😀', y)\nz = 1\n", "python")
    ranges, others = map(chain, ask(client, "file:///a.py", (0, 10 + width), (1, 0)))
    assert ranges[0] == (0, 10 + width, 0, 11 + width)
    for expected in [(0, 6, 0, 11 + width), (0, 4, 0, 12 + width), (0, 0, 0, 12 + width)]:
        assert expected in ranges
    assert others[0] == (1, 0, 1, 1) and others[1] == (1, 0, 1, 5)
    assert ranges[-1] == others[-1] == (0, 0, 2, 0)
    # An edit is seen, and a place beyond the text is its end.
    client.change("file:///a.py", 2, 0, 0, "(", end=(0, 0))
    assert chain(ask(client, "file:///a.py", (0, 1))[0])[0] == (0, 1, 0, 2)
    assert chain(ask(client, "file:///a.py", (9, 9))[0])[-1] == (0, 0, 2, 0)


def test_offered_to_those_who_ask(client):
    assert "selectionRangeProvider" not in client.initialize()["capabilities"]


def test_empty_texts_and_too_many_places(client):
    client.initialize(DECLARED)
    client.open("file:///e.c", "", "c")
    assert chain(ask(client, "file:///e.c", (0, 0))[0]) == [(0, 0, 0, 0)]
    assert ask(client, "file:///e.c") == []
    answer = client.wait(client.start("textDocument/selectionRange", {
        "textDocument": {"uri": "file:///e.c"}, "positions": [{"line": 0, "character": 0}] * 501}))
    assert answer["error"]["code"] == -32602 and "500" in answer["error"]["message"]
