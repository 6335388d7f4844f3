"""Which files the programs read, and how they read them."""

import json
import os
import shutil
import subprocess

import pytest

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")


def corpus(programs, *arguments, **options):
    output = programs.train(*arguments, "--output", programs.home / "corpus-model", "--json", **options).stdout
    return next(event for event in map(json.loads, output.splitlines()) if event["event"] == "corpus")


@pytest.fixture(autouse=True)
def nothing_of_the_machine(programs):
    programs.environment["GIT_CONFIG_NOSYSTEM"] = "1"


def reasons(event):
    return {entry["reason"]: entry["count"] for entry in event["leftOut"]}


# What a person told git


def git(programs, *arguments, cwd):
    result = subprocess.run(["git", *map(str, arguments)], cwd=cwd, env=programs.environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def kept(programs, folder):
    """How many files git lists, and that we read as many."""
    listed = git(programs, "ls-files", "--others", "--cached", "--exclude-standard", cwd=folder).split("\n")
    count = sum(name.endswith(".swift") for name in listed)
    assert corpus(programs, folder)["files"] == count
    return count


@pytest.fixture
def repository(programs, tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    git(programs, "init", "-q", cwd=folder)
    git(programs, "config", "user.email", "a@example.org", cwd=folder)
    git(programs, "config", "user.name", "a", cwd=folder)
    for name in ["kept", "private", "Private"]:
        (folder / f"{name}.swift").write_text(f"let {name}Word = 1\n")
    return folder


@needs_git
def test_linked_work_trees_and_submodules(programs, repository, tmp_path):
    git(programs, "add", "kept.swift", cwd=repository)
    git(programs, "commit", "-qm", "one", cwd=repository)
    linked = tmp_path / "linked"
    git(programs, "worktree", "add", "-q", linked, cwd=repository)
    (linked / "private.swift").write_text("let privateWord = 1\n")
    assert kept(programs, linked) == 2
    (repository / ".git" / "info" / "exclude").write_text("private.swift\n")
    assert kept(programs, linked) == 1 and kept(programs, repository) == 2

    outer = tmp_path / "outer"
    outer.mkdir()
    git(programs, "init", "-q", cwd=outer)
    git(programs, "-c", "protocol.file.allow=always", "submodule", "add", "-q", repository, "inner", cwd=outer)
    inner = outer / "inner"
    assert (inner / ".git").is_file()
    (inner / "secret.swift").write_text("let secretWord = 1\n")
    (outer / ".git" / "modules" / "inner" / "info" / "exclude").write_text("secret.swift\n")
    assert kept(programs, inner) == 1
    corpus(programs, outer)
    vocabulary = (programs.home / "corpus-model" / "vocabulary.txt").read_text()
    assert "keptWord" in vocabulary and "secretWord" not in vocabulary


@needs_git
@pytest.mark.parametrize(
    "global_, local",
    [
        ("[core]\n\texcludesFile = ~/mine\n", ""),
        ("", "[core]\nexcludesfile = \"~/mine\" ; mine\n"),
        ("[core]\nexcludesFile = ~/other\n", "[core]\n\texcludesFile = ~/mine\n"),
        ("[include]\npath = more\n", ""),
        ("[includeIf \"gitdir:~/none/\"]\npath = none\n[includeIf \"gitdir:**/repository/\"]\npath = ~/more\n", ""),
        ("[include]\npath = loop\n[core]\nexcludesFile = ~/mine\n", ""),
        ("[core]\nexcludesFile = ~/mine\nignoreCase = true\n", "[core]\nignoreCase\n"),
        ("[core]\nexcludesFile = ~/mine\n", "[core]\nignoreCase = yes\n"),
        ("[core]\nexcludesFile = ~/fifo\n", ""),
    ],
)
def test_configuration(programs, repository, global_, local):
    home = programs.home
    (home / ".gitconfig").write_text(global_)
    (home / "mine").write_text("private.swift\n")
    (home / "other").write_text("*.swift\n")
    (home / "more").write_text("[core]\nexcludesFile = ~/mine\n")
    (home / "none").write_text("[core]\nexcludesFile = ~/other\n")
    (home / "loop").write_text("[include]\npath = loop\n")
    with open(repository / ".git" / "config", "a") as config:
        config.write(local)
    if "fifo" in global_:
        os.mkfifo(home / "fifo")
        assert corpus(programs, repository, timeout=20)["files"] == 3
        return
    if "loop" in global_:
        # Git refuses it; we are only not to run round in it.
        assert corpus(programs, repository, timeout=20)["files"] == 2
        return
    assert kept(programs, repository) < 3


@needs_git
def test_the_default_file_for_all_repositories(programs, repository):
    (programs.home / "config" / "git").mkdir(parents=True)
    (programs.home / "config" / "git" / "ignore").write_text("private.swift\n")
    assert kept(programs, repository) == 2
    (programs.home / "config" / "git" / "config").write_text("[core]\nexcludesFile =\n")
    assert kept(programs, repository) == 3


# What is measured on


@pytest.mark.parametrize("option", ["--valid", "--test"])
@pytest.mark.parametrize(
    "mode", [[], ["--units", "character"], ["--tokens"], ["--tokens", "--sequence", "document"]]
)
def test_what_is_measured_on_is_not_learned(programs, tmp_path, prose, option, mode):
    folder = tmp_path / "text"
    shutil.copytree(prose, folder)
    held = folder / "held"
    held.mkdir()
    special = "unheardword " * 20 + "\n"
    (held / "a.txt").write_text(special)
    (folder / "equal.txt").write_text(special)
    os.symlink(held, tmp_path / "link")
    event = corpus(programs, folder, option, tmp_path / "link", *mode)
    assert reasons(event)["held out by --valid or --test"] == 2
    assert event["files"] == 40
    vocabulary = (programs.home / "corpus-model" / "vocabulary.txt").read_text()
    assert "unheardword" not in vocabulary
    everything = programs.train(folder, option, folder, *mode, check=1, timeout=60)
    assert b"held out" in everything.stderr


# Models


def test_a_model_is_no_text(programs, tmp_path, prose):
    folder = tmp_path / "text"
    shutil.copytree(prose, folder)
    model = folder / "out" / "model"
    arpa = folder / "out" / "lm.txt"
    arpa.parent.mkdir()
    programs.train(folder, "--output", model, "--arpa", arpa)
    (folder / "out" / "model.forgotten").write_text("inkling-forgotten 1 00\n")
    shutil.copytree(model, folder / "unfinished.tmp-77")
    (folder / "unfinished.tmp-77" / "model.json").unlink()
    (folder / ".inklingignore").write_text("!out/\n!out/model/\n!unfinished.tmp-77/\n")
    event = corpus(programs, folder)
    assert event["files"] == 40 and reasons(event)["a model's own"] >= 3
    for path in [model, model / "vocabulary.txt"]:
        for mode in [[], ["--tokens"]]:
            assert b"model" in programs.train(path, "--output", tmp_path / "m", *mode, check=1).stderr


# Encodings, names, line ends

TEXT = 'let naïve = "Ünïcode — dash"\nlet café = naïve\nlet other = café\n'
ENCODINGS = {
    "marked": b"\xef\xbb\xbf" + TEXT.encode(),
    "little": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "big": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "windows": TEXT.encode("cp1252"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings_are_read_alike(programs, tmp_path, encoding):
    def results(data):
        path = tmp_path / "a.swift"
        path.write_bytes(data)
        programs.train(path, "--output", tmp_path / "m")
        on = ["--model", tmp_path / "m"]
        yield (tmp_path / "m" / "ngrams.bin").read_bytes()
        yield programs.inkling("score", *on, "--json", path).stdout
        yield programs.inkling("score", *on, "--json", input=data).stdout
        yield programs.inkling("highlight", *on, "--threshold", 0, "--format", "json", path).stdout
        yield programs.inkling("complete", *on, "--json", "--at", "2:5", path).stdout
        yield programs.inkling("complete", *on, "--jsonl", input=json.dumps({"path": str(path)})).stdout
        yield programs.inkling("evaluate", *on, "--json", path).stdout

    assert list(results(TEXT.encode())) == list(results(ENCODINGS[encoding]))


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_line_ends(programs, tmp_path, end):
    text = "let a = 1 // note\nlet b = a\n\nlet c = zzyzx"
    (tmp_path / "a.swift").write_bytes(text.encode())
    (tmp_path / "b.swift").write_bytes(text.replace("\n", end).encode())
    programs.train(tmp_path / "a.swift", "--output", tmp_path / "m")

    def places(name):
        arguments = ["--model", tmp_path / "m", "--threshold", 0, "--format", "json", tmp_path / name]
        return [(f["line"], f["column"], f["text"].strip()) for f in programs.json("highlight", *arguments)["findings"]]

    assert places("a.swift") == places("b.swift")
    assert (4, 9, "zzyzx") in places("b.swift")
    answers = [programs.json("complete", "--json", "--at", "2:10", tmp_path / n) for n in ["a.swift", "b.swift"]]
    assert answers[0]["typed"] == answers[1]["typed"] == "a"


def test_names_that_are_not_utf8(programs, tmp_path):
    folder = os.fsencode(tmp_path) + b"/d\xff"
    os.mkdir(folder)
    path = folder + b"/caf\xe9.swift"
    with open(path, "wb") as file:
        file.write(b"let alpha = 1\nlet beta = alpha\n")
    (tmp_path / "ok.swift").write_text("let gamma = 1\n")

    def run(program, *arguments, check=0, **options):
        return programs.run(program, *map(os.fsdecode, arguments), check=check, **options)

    event = corpus(programs, tmp_path)
    assert event["files"] == 2
    model = folder + b"/m\xfe"
    said = run("inkling-train", path, "--output", model).stdout
    assert b"Model in " + model in said
    run("inkling", "score", "--model", model, path)
    plain = run("inkling", "highlight", "--model", model, "--threshold", "0", "--format", "plain", path).stdout
    assert plain.startswith(path + b":1:1: ")
    listed = run("inkling", "highlight", "--model", model, "--threshold", "0", "--format", "json", path).stdout
    name = json.loads(listed)["file"]
    # The name in an answer is one that a request may hold.
    request = json.dumps({"path": name}).encode()
    assert json.loads(run("inkling", "complete", "--jsonl", "--model", model, input=request).stdout)["language"] == "swift"
    sarif = run("inkling", "highlight", "--model", model, "--threshold", "0", "--format", "sarif", path).stdout
    assert "d%FF/caf%E9.swift" in json.loads(sarif)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    html = run("inkling", "highlight", "--threshold", "0", "--format", "html", path).stdout
    assert "caf\ufffd.swift" in html.decode()
    missing = run("inkling", "score", "--model", model, folder + b"/\xe8", check=1)
    assert folder + b"/\xe8" in missing.stderr
