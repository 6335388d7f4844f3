"""inkling-train commits: what is learned of a history, what is left out, and what a message is completed by."""

import json
import os
import shutil
import subprocess

import pytest

from program_support import Programs

SCISSORS = "# ------------------------ >8 ------------------------\n"
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
VERBS = ["Repair", "Extend", "Describe", "Measure"]
NAMES = ["WindowPane", "ParserTable", "TokenStream", "ColourWheel", "LedgerEntry", "RiverBed", "StoneBridge", "LampPost"]

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(folder, *arguments, author="Ann <ann@example.org>", **options):
    name, mail = author.rsplit(" ", 1)
    environment = {
        **os.environ, "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail.strip("<>"), "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": mail.strip("<>"), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, env=environment, **options).stdout


def commit(folder, file, content, message, author="Ann <ann@example.org>"):
    (folder / file).write_text(content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-F", "-", author=author, input=message.encode())


@pytest.fixture(scope="session")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q", "-b", "main")
    for number in range(24):
        name = NAMES[number % len(NAMES)] + str(number)
        commit(
            folder, f"{name}.swift", f"func open{name}() {{}}\nlet count = {number}\n",
            f"{VERBS[number % 4]} {name} in the garden\n\nIt was broken since the {name} moved.\n")
    commit(folder, "bot.txt", "1", "Bump zebrafish from 1 to 2\n", author="dependabot[bot] <bot@example.org>")
    commit(folder, "later.txt", "1", "fixup! Repair quagmire\n")
    commit(folder, "secret.txt", f"token = '{SECRET}'\n", f"Take the token {SECRET} away\n")
    git(folder, "checkout", "-q", "-b", "side", "HEAD~3")
    commit(folder, "side.txt", "1", "Extend the side\n")
    git(folder, "checkout", "-q", "main")
    git(folder, "merge", "-q", "-m", "Merge wolverine into main", "side")
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory, repository):
    path = tmp_path_factory.mktemp("commits") / "model"
    result = Programs(path.parent).train("commits", repository, "--output", path, "--json")
    return path, [json.loads(line) for line in result.stdout.splitlines()]


def diff(name):
    return (
        f"diff --git a/{name}.swift b/{name}.swift\n--- a/{name}.swift\n+++ b/{name}.swift\n@@ -1,2 +1,2 @@ func open{name}() {{\n"
        "-let kept = 1\n+let widthOfGlass = 2\n")


def completions(programs, path, text, offset, **members):
    request = {"text": text, "byteOffset": offset, "language": "gitcommit", **members}
    answer = json.loads(programs.inkling("complete", "--jsonl", "--model", path, input=json.dumps(request) + "\n").stdout)
    return [item["text"] for item in answer["items"]]


def test_merges_and_programs_are_left_out(model, repository):
    path, events = model
    read = next(event for event in events if event["event"] == "commits")
    assert (read["commits"], read["leftOut"]) == (26, 2)
    assert events[-1]["event"] == "finished"
    vocabulary = (path / "vocabulary.txt").read_text()
    assert "Repair" in vocabulary and "garden" in vocabulary
    for word in ("zebrafish", "quagmire", "wolverine"):
        assert word not in vocabulary


def test_no_secret_is_learned_or_offered(programs, model):
    for file in model[0].iterdir():
        assert SECRET.encode() not in file.read_bytes()
    text = f"Take the token \n{SCISSORS}" + diff("Secret").replace("widthOfGlass = 2", f"token = '{SECRET}'")
    for offset in (0, 15):
        assert not [item for item in completions(programs, model[0], text, offset, top=100) if "ghp_" in item]
    typed = "Take the token ghp_"
    assert not [
        item for item in completions(programs, model[0], typed + text[15:], len(typed), top=100) if SECRET[:8] in item]


def test_a_message_names_what_its_diff_names(programs, model):
    begun = "Repair "
    below = "\n# Changes\n" + SCISSORS + diff("MarbleArch")
    assert completions(programs, model[0], begun + below, len(begun))[0] == "MarbleArch"
    assert "MarbleArch" not in completions(programs, model[0], begun, len(begun), top=50)
    # The same of a diff that somebody else has.
    assert completions(programs, model[0], begun, len(begun), diff=diff("MarbleArch"))[0] == "MarbleArch"
    typed = "Repair MarbleArch, openM"
    assert completions(programs, model[0], typed + below, len(typed))[0] == "openMarbleArch"
    # In other languages a diff is text.
    request = {"text": begun, "language": "plaintext", "diff": diff("MarbleArch")}
    answer = json.loads(programs.inkling("complete", "--jsonl", "--model", model[0], input=json.dumps(request) + "\n").stdout)
    assert "MarbleArch" not in [item["text"] for item in answer["items"]]


def test_git_s_own_file_is_completed_by_the_repository_s_model(programs, repository, tmp_path):
    folder = tmp_path / "clone"
    shutil.copytree(repository, folder)
    programs.train("commits", ".", cwd=folder)
    assert (folder / ".inkling" / "commits" / "model.json").exists()
    assert (folder / ".inkling" / ".gitignore").exists()
    message = folder / ".git" / "COMMIT_EDITMSG"
    message.write_text("Repair \n" + SCISSORS + diff("MarbleArch"))
    answer = programs.json("complete", message, "--at", "1:8", "--json")
    assert answer["model"].endswith(".inkling/commits") and answer["language"] == "gitcommit"
    assert answer["items"][0]["text"] == "MarbleArch"


def test_a_revision_ends_what_is_learned(programs, repository, tmp_path):
    first = git(repository, "rev-list", "--max-parents=0", "main").decode().split()[0]
    programs.train("commits", repository, "--revision", first, "--output", tmp_path / "model")
    vocabulary = (tmp_path / "model" / "vocabulary.txt").read_text()
    assert "WindowPane0" in vocabulary and "ParserTable1" not in vocabulary
    programs.train("commits", repository, "--commits", 2, "--output", tmp_path / "last")
    assert "WindowPane0" not in (tmp_path / "last" / "vocabulary.txt").read_text()


@pytest.mark.parametrize("revision", ["no-such-branch", "--output=/tmp/x", "HEAD:secret.txt"])
def test_what_is_no_commit_is_refused(programs, repository, tmp_path, revision):
    result = programs.train("commits", repository, f"--revision={revision}", "--output", tmp_path / "model", check=1)
    assert result.stderr.startswith(b"inkling: ") and not (tmp_path / "model").exists()


def test_folders_without_a_history_are_refused(programs, tmp_path):
    (tmp_path / "empty").mkdir()
    assert b"git repository" in programs.train("commits", tmp_path / "empty", check=1).stderr
    assert b"no folder" in programs.train("commits", tmp_path / "missing", check=1).stderr
    git(tmp_path / "empty", "init", "-q")
    assert programs.train("commits", tmp_path / "empty", check=1).stderr.startswith(b"inkling: ")


def test_nothing_that_a_repository_names_is_started(programs, tmp_path):
    folder, mark = tmp_path / "hostile", tmp_path / "started"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, ".gitattributes", "* diff=evil\n", "Begin\n")
    for number in range(3):
        commit(folder, "file.txt", f"{number}\n", f"Change the file {number}\n")
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    for key in ("diff.external", "diff.evil.textconv", "diff.evil.command", "core.fsmonitor", "gpg.program", "core.pager"):
        git(folder, "config", key, str(program))
    git(folder, "config", "log.showSignature", "true")
    programs.train("commits", folder, "--output", tmp_path / "model")
    assert not mark.exists()


@pytest.mark.parametrize("name", ["commits.json", "messages.bin"])
def test_damaged_weights_are_refused(programs, model, tmp_path, name):
    copy = tmp_path / "model"
    shutil.copytree(model[0], copy)
    (copy / name).write_text("{}")
    result = programs.inkling("complete", "--jsonl", "--model", copy, input="{}", check=1)
    assert name.encode() in result.stderr or b"damaged" in result.stderr
