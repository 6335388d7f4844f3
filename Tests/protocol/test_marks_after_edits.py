"""Marks around an edit are those of the same text opened anew, and so are all of them once it is saved."""
import os
import pathlib
import random
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "programs"))
from lsp_client import Client  # noqa: E402
from program_support import OBJECTS, PLACES, SUBJECTS, VERBS, sentences  # noqa: E402

BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()
URI = "file:///tmp/inkling-marks/letter.txt"
# Words to put in: slips, words said twice on a line and over its end, ends of lines.
PIECES = ["pianted ", "the ", "the the ", "the\nthe ", "\n", "in\nin ", "moon moon ", "habrour\n", "a "]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("marks")
    (folder / "a.txt").write_text("".join(f"{line}.\n" for line in sentences(3000)))
    subprocess.run(
        [BIN / "inkling-train", folder / "a.txt", "--output", folder / "model"], check=True,
        capture_output=True, env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)})
    return folder / "model"


@pytest.fixture
def servers(model):
    """One for the edited document, one for copies: what is open in one server is evidence for what stands beside it."""
    clients = []
    for _ in range(2):
        clients.append(Client([str(BIN / "inkling"), "serve", "--model", str(model)]))
        clients[-1].initialize(
            {"textDocument": {"diagnostic": {}}}, {"train": {"workspace": False}, "diagnostics": {"rate": 8}})
    yield clients
    for client in clients:
        client.process.kill()


def marks(client, lines=range(10_000)):
    answer = client.request("textDocument/diagnostic", {"textDocument": {"uri": URI}}, timeout=60)
    # Bits differ in their last digits with the order in which counts were made.
    return [(item["range"], item["message"].split(" (")[0]) for item in answer["items"] if item["range"]["start"]["line"] in lines]


def place(text, offset):
    before = text[:offset]
    return before.count("\n"), offset - (before.rfind("\n") + 1)


@pytest.mark.parametrize("seed", range(3))
def test_marks_after_edits_are_those_of_the_text(servers, seed):
    edited, anew = servers
    source = random.Random(seed)
    lines = [" ".join(source.choice(words) for words in (SUBJECTS, VERBS, OBJECTS, PLACES)) for _ in range(120)]
    text = ".\n".join(lines) + ".\n"
    edited.open(URI, text, "plaintext")
    seen = set()
    for version in range(2, 40):
        start = source.randrange(len(text))
        start = text.rfind(" ", 0, start) + 1
        end = min(len(text), start + source.choice([0, 0, 0, 1, 8, 40]))
        new = source.choice(PIECES + [""])
        edited.change(URI, version, *place(text, start), new, end=place(text, end))
        text = text[:start] + new + text[end:]
        line, _ = place(text, start)
        # What an edit changes elsewhere (a slip that is written again is a name) waits until the document is saved.
        near = range(line - 1, line + new.count("\n") + 2)
        # What the closed one has counted is no evidence, nor what one has that was never closed.
        if version % 2:
            anew.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        anew.open(URI, text, "plaintext")
        assert marks(edited, near) == marks(anew, near), (seed, version)
        edited.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
        found = marks(edited)
        assert found == marks(anew), (seed, version)
        anew.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        seen |= {message for _, message in found}
    assert any("twice" in message for message in seen) and any("probably" in message for message in seen)
