"""Commit messages in an editor: completed by the diff below the scissors line, or by what is staged where that is allowed."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()
SCISSORS = "# ------------------------ >8 ------------------------\n"
DIFF = (
    "diff --git a/MarbleArch.swift b/MarbleArch.swift\n--- a/MarbleArch.swift\n+++ b/MarbleArch.swift\n"
    "@@ -1,1 +1,1 @@ func openArch() {\n-let kept = 1\n+let widthOfGlass = 2\n")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    for arguments in (["init", "-q"], ["add", "-A"]):
        if arguments[0] == "add":
            (folder / "StoneBridge.swift").write_text("func openStoneBridge() {}\n")
        subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)
    return folder


@pytest.fixture
def start(tmp_path, repository):
    started = []
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"),
                   "XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path / "config")}

    def start(text, options=None, language="git-commit"):
        client = Client([str(BIN / "inkling"), "serve"], env=environment)
        started.append(client)
        client.initialize({}, {"train": {"workspace": False}, **(options or {})})
        message = repository / ".git" / "COMMIT_EDITMSG"
        message.write_text(text)
        uri = message.as_uri()
        client.open(uri, text, language)
        return client, uri

    yield start
    for client in started:
        client.process.kill()


def labels(client, uri, line, character):
    result = client.request("textDocument/completion", {
        "textDocument": {"uri": uri}, "position": {"line": line, "character": character},
        "context": {"triggerKind": 1}})
    items = result["items"] if isinstance(result, dict) else result or []
    return [item["label"] for item in items]


@pytest.mark.parametrize("language", ["git-commit", "gitcommit", "plaintext2"])
def test_the_diff_below_the_scissors_line_is_read(start, language):
    client, uri = start("Move Ma\n# Comment\n" + SCISSORS + DIFF, language=language)
    assert labels(client, uri, 0, 7)[0] == "MarbleArch"


def test_edits_keep_message_and_diff_apart(start):
    text = "Move Ma\n" + SCISSORS + DIFF
    client, uri = start(text)
    client.notify("textDocument/didChange", {
        "textDocument": {"uri": uri, "version": 2},
        "contentChanges": [{"range": {"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 7}}, "text": "rbleArch: openA"}]})
    assert labels(client, uri, 0, 22)[0] == "openArch"


def test_nothing_of_the_diff_is_marked(start):
    client, uri = start("Move the arch\n" + SCISSORS + DIFF + "+let recieve = wrod\n")
    result = client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    assert [mark for mark in result["items"] if mark["range"]["start"]["line"] > 1] == []


def test_what_is_staged_is_read_where_the_person_says_so(start):
    allowed = {"commitMessages": {"staged": True}}
    client, uri = start("Build St\n", allowed)
    assert labels(client, uri, 0, 8)[0] == "StoneBridge"
    client, uri = start("Build St\n")
    assert labels(client, uri, 0, 8) == []
    # A diff in the text goes before it.
    client, uri = start("Build Ma\n" + SCISSORS + DIFF, allowed)
    assert labels(client, uri, 0, 8)[0] == "MarbleArch"


def test_a_project_cannot_have_git_started(start, repository):
    (repository / ".inkling").mkdir()
    (repository / ".inkling" / "config.json").write_text(json.dumps({"commitMessages": {"staged": True}}))
    client, uri = start("Build St\n")
    assert labels(client, uri, 0, 8) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give a folder away")
def test_somebody_else_s_repository_is_not_read_unless_it_is_named(start, repository):
    for path in (repository, repository / ".git"):
        os.chown(path, 12345, 12345)
    client, uri = start("Build St\n", {"commitMessages": {"staged": True}})
    assert labels(client, uri, 0, 8) == []
