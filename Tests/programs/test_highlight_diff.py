"""inkling highlight --diff, against real repositories."""

import json
import subprocess

import pytest

from program_support import BIN, SLIPS

SLIP, OTHER, LAST = SLIPS
GOOD = "My sister painted the moon in the garden.\n"
NAME = "mit Leerzeichen und Ümläuten \"x\".txt"


@pytest.fixture
def git(programs, tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()
    environment = {**programs.environment, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ["AUTHOR", "COMMITTER"]:
        environment |= {f"GIT_{role}_NAME": "A", f"GIT_{role}_EMAIL": "a@example.org"}

    def run(*arguments, folder=repository):
        subprocess.run(["git", *map(str, arguments)], cwd=folder, env=environment, check=True, capture_output=True)

    run.folder = repository
    run.environment = environment
    run("init", "-q")
    return run


@pytest.fixture
def marked(programs, prose_model, git):
    def run(*arguments, folder=git.folder, env=None):
        answer = programs.inkling("highlight", "--model", prose_model, "--jsonl", *arguments, cwd=folder, env=env)
        return {
            object["file"]: [mark["line"] for mark in object["marks"]]
            for object in map(json.loads, answer.stdout.splitlines())
            if object["marks"]
        }

    return run


def test_only_changed_lines_are_marked(git, marked):
    path = git.folder / NAME
    (git.folder / "sub").mkdir()
    other = git.folder / "sub" / "other.txt"
    path.write_text(GOOD * 3 + SLIP + GOOD)
    other.write_text(SLIP)
    git("add", ".")
    git("commit", "-qm", "one")
    assert marked("--diff", ".") == {}
    path.write_text(GOOD * 2 + OTHER + GOOD + SLIP + GOOD + GOOD + LAST)
    assert marked(".") == {f"./{NAME}": [3, 5, 8], "./sub/other.txt": [1]}
    # The slip that was there before has only moved.
    assert marked("--diff", ".") == {f"./{NAME}": [3, 8]}
    assert marked("--diff") == {f"./{NAME}": [3, 8]}
    assert marked("--diff", "--", NAME, "sub/other.txt") == {NAME: [3, 8]}
    # A folder's name behind --diff is a folder, as it looks.
    assert marked("--diff", "sub") == {}
    git("add", ".")
    assert marked("--diff", ".") == {f"./{NAME}": [3, 8]}
    git("commit", "-qm", "two")
    assert marked("--diff", ".") == {}
    assert marked("--diff", "HEAD~1", ".") == {f"./{NAME}": [3, 8]}
    assert marked(".", "--diff", "HEAD~1", folder=git.folder / "sub") == {}
    # From outside, and through a link.
    link = git.folder.parent / "link"
    link.symlink_to(git.folder)
    assert marked(link, "--diff", "HEAD~1", folder=git.folder.parent) == {f"{link}/{NAME}": [3, 8]}


def test_new_files_are_new_in_all_lines(git, marked):
    (git.folder / "a.txt").write_text(SLIP)
    # There is no revision yet.
    assert marked("--diff", ".") == {"./a.txt": [1]}
    git("add", ".")
    assert marked("--diff", "a.txt") == {"a.txt": [1]}
    git("commit", "-qm", "one")
    (git.folder / "neu ä.txt").write_text(GOOD + SLIP)
    assert marked("--diff", ".") == {"./neu ä.txt": [2]}
    assert marked("neu ä.txt", "--diff") == {"neu ä.txt": [2]}


def test_lines_that_look_like_a_diff(git, marked):
    path = git.folder / "a.txt"
    path.write_text("-- b/zzz\n++ b/x.txt\n@@ -1 +1 @@\n" + GOOD)
    git("add", ".")
    git("commit", "-qm", "one")
    path.write_text("++ b/x.txt\n" + GOOD + "++ b/y.txt\n@@ -3,4 +9,9 @@\n" + SLIP)
    assert marked("--diff", ".") == {"./a.txt": [5]}


def test_settings_of_the_repository_change_nothing_and_start_nothing(git, marked, tmp_path):
    path = git.folder / "a.txt"
    path.write_text(GOOD * 5 + SLIP)
    git("add", ".")
    git("commit", "-qm", "one")
    path.write_text(GOOD + OTHER + GOOD * 3 + SLIP)
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    script.chmod(0o755)
    for setting in [
        ["diff.noprefix", "true"], ["diff.mnemonicPrefix", "true"], ["color.ui", "always"], ["diff.external", script],
        ["diff.interHunkContext", "9"], ["core.fsmonitor", script], ["diff.x.textconv", script], ["core.pager", script],
        ["diff.context", "7"], ["diff.x.command", script], ["filter.f.clean", script], ["filter.f.required", "true"],
        ["include.path", tmp_path / "more"],
    ]:
        git("config", *setting)
    (tmp_path / "more").write_text(f'[filter "g"]\nprocess = {script}\nclean = {script}\nrequired = true\n')
    for attributes in ["diff=x", "filter=f", "filter=g"]:
        (git.folder / ".gitattributes").write_text(f"*.txt {attributes}\n")
        index = (git.folder / ".git" / "index").read_bytes()
        path.touch()
        assert marked("--diff", "a.txt") == {"a.txt": [2]}
        assert not (tmp_path / "started").exists()
        assert (git.folder / ".git" / "index").read_bytes() == index


def test_in_a_commit_hook(programs, prose_model, git):
    (git.folder / "sub").mkdir()
    path = git.folder / "sub" / "a.txt"
    path.write_text(SLIP)
    git("add", ".")
    git("commit", "-qm", "one")
    hook = git.folder / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\nexec '{BIN.resolve()}/inkling' highlight --diff --fail-above 0 --model '{prose_model}' sub\n")
    hook.chmod(0o755)
    work = git.folder.parent / "linked"
    git("worktree", "add", "-q", work)
    for folder in [git.folder, work]:
        path = folder / "sub" / "a.txt"
        path.write_text(SLIP + GOOD)
        git("commit", "-qam", "good", folder=folder)
        path.write_text(SLIP + GOOD + OTHER)
        result = subprocess.run(
            ["git", "commit", "-qam", "bad"], cwd=folder, env=git.environment, capture_output=True, text=True)
        assert result.returncode == 1 and "sub/a.txt:3:7:" in result.stderr and "sub/a.txt:1:" not in result.stderr


def test_what_is_said_where_git_has_no_answer(programs, prose_model, git, tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text(SLIP)

    def said(*arguments):
        return programs.inkling("highlight", "--model", prose_model, *arguments, cwd=git.folder, check=1).stderr

    assert b"outside.txt: is in no git work tree" in said("--diff", "HEAD", outside)
    (git.folder / "a.txt").write_text(SLIP)
    assert b"--diff: nonsense is no revision" in said("--diff", "nonsense", ".")
    assert b"no revision" in said("--diff", "HEAD..HEAD", ".")
    assert b"missing.txt: no such file" in said("--diff", "HEAD", "missing.txt")
    result = programs.inkling("highlight", "--diff", "HEAD", ".", cwd=git.folder, env={"PATH": "/nowhere"}, check=1)
    assert b"git: is not in PATH" in result.stderr
