"""Clients that count columns otherwise than they say: what is forced counts, in what comes in and in what goes out."""
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")
URI = "file:///tmp/inkling-positions/a.txt"
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
# Emoji, a family of them, ideographs, combining characters.
BEFORE = ["😀 ", "👨‍👩‍👧‍👦 漢字 ", "e\u0301a\u0300 한국어 ", "plain "]


def units(text, encoding):
    codec, width = CODECS[encoding]
    return len(text.encode(codec)) // width


@pytest.fixture
def start():
    started = []

    def start(*arguments):
        started.append(Client([INKLING, "serve", *arguments]))
        return started[-1]

    yield start
    for client in started:
        client.process.kill()


def offered(client, uri, column):
    """The item `counter`; what other documents of the test hold may be offered, too."""
    items = client.completion(uri, 1, column)["items"]
    return next(item for item in items if item["label"] == "counter")


@pytest.mark.parametrize("by", ["command line", "option"])
@pytest.mark.parametrize("named", [None, ["utf-16"], ["utf-8", "utf-16"]])
@pytest.mark.parametrize("encoding", CODECS)
def test_words_land_where_the_client_counts(start, encoding, named, by):
    client = start("--position-encoding", encoding) if by == "command line" else start()
    result = client.initialize(
        {"general": {"positionEncodings": named}} if named else {},
        {"positionEncoding": encoding} if by == "option" else {})
    assert result["capabilities"]["positionEncoding"] == encoding
    for number, before in enumerate(BEFORE):
        uri = f"{URI}.{number}"
        client.open(uri, "counter and counter\n" + before + "coun")
        start_column = units(before, encoding)
        item = offered(client, uri, start_column + 4)
        assert item["textEdit"] == {
            "range": {"start": {"line": 1, "character": start_column},
                      "end": {"line": 1, "character": start_column + 4}}, "newText": "counter"}
        # What the client puts in arrives where it has put it.
        client.change(uri, 2, 1, start_column, "counter 😀 ")
        place = units(before + "counter 😀 coun", encoding)
        item = offered(client, uri, place)
        assert item["textEdit"]["range"]["start"]["character"] == place - 4
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert client.stop() == 0


def test_the_option_counts_more_than_the_command_line(start):
    client = start("--position-encoding", "utf-8")
    assert client.initialize({}, {"positionEncoding": "utf-32"})["capabilities"]["positionEncoding"] == "utf-32"


def test_what_is_no_encoding_is_named(start):
    client = start()
    assert client.initialize({}, {"positionEncoding": "bytes"})["capabilities"]["positionEncoding"] == "utf-16"
    message = client.wait_for("window/showMessage")["message"]
    assert 'positionEncoding: expected one of "utf-8", "utf-16", "utf-32", found "bytes"' in message
    done = subprocess.run([INKLING, "serve", "--position-encoding", "bytes"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and done.stdout == ""
    assert "--position-encoding" in done.stderr and "utf-32" in done.stderr
