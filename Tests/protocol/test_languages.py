"""The language of documents that clients know nothing about: told by their content, also of what is pasted later."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()

PYTHON = """import os
from collections import defaultdict


class Store:
    def __init__(self, path):
        self.path = path
        self.counts = defaultdict(int)

    def add(self, name):
        # storage storage sto
        if not os.path.exists(self.path):
            raise ValueError("no such folder")
        self.counts[name] += 1
        return None
"""
PROSE = "The storage of the house was full, and nobody knew what storage meant to them. # storage storage sto\n"


@pytest.fixture
def client(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path / "home")}
    client = Client([str(BIN / "inkling"), "serve", "--stdio"], env=environment)
    # Nothing is offered in comments: so it shows whether a place is one.
    client.initialize(options={"completion": {"excludedContexts": {"*": ["comment"]}}})
    yield client
    client.process.kill()


def offers(client, uri, text):
    """Whether anything is offered behind the last `sto` of a text."""
    lines = text[:text.index("storage storage sto") + len("storage storage sto")].split("\n")
    result = client.completion(uri, len(lines) - 1, len(lines[-1]))
    return bool(result["items"] if isinstance(result, dict) else result)


def test_a_nameless_document_is_in_the_language_of_its_content(client):
    client.open("untitled:one", PYTHON)
    assert not offers(client, "untitled:one", PYTHON)
    client.open("untitled:two", PROSE)
    assert offers(client, "untitled:two", PROSE)


def test_what_is_pasted_is_looked_at(client):
    client.open("untitled:three", "")
    client.change("untitled:three", 2, 0, 0, PYTHON)
    assert not offers(client, "untitled:three", PYTHON)
    # And what takes its place.
    client.notify("textDocument/didChange", {
        "textDocument": {"uri": "untitled:three", "version": 3}, "contentChanges": [{"text": PROSE * 3}]})
    assert offers(client, "untitled:three", PROSE)


@pytest.mark.parametrize("name, language", [("note.txt", "plaintext"), ("other", "markdown"), ("script.py.odd", "nosuchlanguage")])
def test_what_a_name_or_a_client_says_counts(client, tmp_path, name, language):
    uri = (tmp_path / name).as_uri()
    client.open(uri, PYTHON, language)
    assert offers(client, uri, PYTHON)
