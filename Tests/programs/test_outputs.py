"""Where outputs may go, what they leave alone, and who may read them."""

import os
import stat
import subprocess
import threading

import pytest

from program_support import BIN


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("a b c\nb c a\n" * 20)
    return path


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_models_are_their_owners_alone(programs, text, tmp_path):
    programs.train("--tokens", text, "--output", tmp_path / "model", "--arpa", tmp_path / "a.arpa")
    assert mode(tmp_path / "model") == 0o700
    assert {mode(path) for path in (tmp_path / "model").iterdir()} == {0o600}
    assert mode(tmp_path / "a.arpa") == 0o600


@pytest.mark.parametrize("command", ["train", "tokens", "import"])
@pytest.mark.parametrize("inside", ["notes.txt", ".git/HEAD", "model.json", "vocabulary.txt"])
def test_folders_that_are_no_models_are_refused(programs, text, tmp_path, command, inside):
    folder = tmp_path / "folder"
    (folder / inside).parent.mkdir(parents=True)
    (folder / inside).write_text('{"format": "other"}')
    # Nothing is read first: the inputs are not even there.
    run = {"train": ["missing"], "tokens": ["--tokens", "missing"], "import": ["import", "missing.arpa"]}[command]
    result = programs.train(*run, "--output", folder, check=1)
    assert b"neither empty nor a model" in result.stderr and b"choose another --output" in result.stderr
    assert (folder / inside).read_text() == '{"format": "other"}'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "home", "text.txt"]


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format": "inkling-model"}'])
def test_damaged_models_are_replaced_and_nothing_else(programs, text, tmp_path, damage):
    model = tmp_path / "model"
    programs.train("--tokens", text, "--output", model)
    (model / "model.json").write_bytes(damage)
    (model / "notes").mkdir()
    (model / "notes" / "one").write_text("mine")
    programs.train("--tokens", text, "--output", model)
    programs.inkling("inspect", model)
    assert (model / "notes" / "one").read_text() == "mine"


def test_odd_places(programs, text, tmp_path):
    model = tmp_path / "models" / "mine"
    programs.train("--tokens", text, "--output", model)
    link = tmp_path / "link"
    link.symlink_to("models/mine")
    for place, folder in [(link, tmp_path), (f"{link}//", tmp_path), ("mine/.", model.parent), (".", model)]:
        before = (model / "model.json").stat().st_ino
        programs.train("--tokens", text, "--output", place, cwd=folder)
        assert (model / "model.json").stat().st_ino != before
        assert link.is_symlink()
    assert [path.name for path in model.parent.iterdir()] == ["mine"]
    for place in ["/", "..", "", tmp_path, "/dev/null", "/proc", text, "missing/.."]:
        result = programs.train("--tokens", text, "--output", place, cwd=model, check=1)
        assert result.stderr.startswith(b"inkling: ")
    programs.inkling("inspect", model)


def test_arpa_into_devices_pipes_and_links(programs, text, tmp_path):
    run = ["--tokens", text, "--output", tmp_path / "model", "--order", 2, "--arpa"]
    expected = tmp_path / "plain.arpa"
    programs.train(*run, expected)
    result = programs.train(*run, "/dev/stdout")
    # Nothing else stands in it; what people read goes to standard error.
    assert result.stdout == expected.read_bytes() and b"Model in" in result.stderr
    with (tmp_path / "printed").open("wb") as file:
        subprocess.run([str(BIN / "inkling-train"), *map(str, run), "/dev/stdout"], stdout=file, check=True)
    printed = (tmp_path / "printed").read_bytes()
    assert printed == expected.read_bytes()
    result = programs.train(*run, "/dev/full", check=1)
    assert b"the ARPA file was not written: the disk is full" in result.stderr
    programs.inkling("inspect", tmp_path / "model")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    programs.train(*run, pipe)
    reader.join(timeout=20)
    assert got == [expected.read_bytes()] and stat.S_ISFIFO(pipe.stat().st_mode)
    log = tmp_path / "log"
    log.write_text("before\n")
    with log.open("ab") as file:
        subprocess.run([str(BIN / "inkling-train"), *map(str, run), "/dev/stdout"], stdout=file, check=True)
    assert log.read_bytes().startswith(b"before\n") and expected.read_bytes() in log.read_bytes()
    link = tmp_path / "link"
    link.symlink_to("behind.arpa")
    programs.train(*run, link)
    assert link.is_symlink() and (tmp_path / "behind.arpa").read_bytes() == expected.read_bytes()


def test_arpa_where_it_must_not_and_may_go(programs, text, tmp_path):
    model = tmp_path / "model"
    before = text.read_bytes()
    for place in [text, model, tmp_path, model / "ngrams.bin", tmp_path / "missing" / "a.arpa"]:
        programs.train("--tokens", text, "--output", model, "--arpa", place, check=1)
        assert not model.exists() and text.read_bytes() == before
    # What is learned from below a folder, and a file of another model.
    other = tmp_path / "other"
    programs.train("--tokens", text, "--output", other)
    sources = tmp_path / "sources" / "deep"
    sources.mkdir(parents=True)
    (sources / "a.py").write_text("value = 1\n" * 20)
    for place in [sources / "a.py", other / "vocabulary.txt", other / "model.json"]:
        content = place.read_bytes()
        result = programs.train(sources.parent, "--output", model, "--arpa", place, check=1)
        assert b"is no ARPA file" in result.stderr and place.read_bytes() == content and not model.exists()
    for _ in range(2):
        programs.train("--tokens", text, "--output", model, "--arpa", model / "a.arpa")
        assert (model / "a.arpa").read_bytes().startswith(b"\\data\\")


def test_a_persons_file_at_the_checkpoints_place_stays(programs, text, tmp_path):
    (tmp_path / "model.checkpoint").write_text("mine")
    run = ["--tokens", text, "--output", tmp_path / "model", "--epochs", 1, "--hidden", 8]
    result = programs.train(*run, check=1)
    assert b"is no checkpoint" in result.stderr
    assert (tmp_path / "model.checkpoint").read_text() == "mine"


@pytest.mark.parametrize("link", [".inkling", ".inkling/model", ".inkling/model.checkpoint"])
@pytest.mark.parametrize("command", ["train", "import"])
def test_the_default_place_stays_in_the_project(programs, text, tmp_path, link, command):
    """Only who names a place with --output means one that a link leads to."""
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in [project, elsewhere]:
        folder.mkdir()
    if "/" in link:
        (project / ".inkling").mkdir()
    (project / link).symlink_to(elsewhere)
    arpa = tmp_path / "a.arpa"
    programs.train("--tokens", text, "--output", tmp_path / "model", "--arpa", arpa)
    run = ["--tokens", text] if command == "train" else ["import", arpa]
    refused = programs.train(*run, cwd=project, check=1).stderr.decode()
    assert refused == f"inkling: {link if '/' in link else '.inkling/model'}: is led out of the project by a link " \
        "(remove the link, or name the place with --output)\n"
    assert not any(elsewhere.iterdir())
    if "checkpoint" not in link:
        programs.train(*run, "--output", ".inkling/model", cwd=project)
        assert any(elsewhere.rglob("model.json"))


def test_a_link_within_the_project_is_followed(programs, text, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / ".inkling").symlink_to("models")
    programs.train("--tokens", text, cwd=tmp_path)
    assert (tmp_path / "models" / "model" / "model.json").exists()


@pytest.mark.parametrize("form", ["--json", "plain"])
def test_a_training_ends_with_whoever_reads_it(programs, text, tmp_path, form):
    """Before the model is in place the old one stays, whole, and nothing is left beside it."""
    model = tmp_path / "models" / "model"
    programs.train("--tokens", text, "--output", model)
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    read, write = os.pipe()
    process = subprocess.Popen(
        [BIN / "inkling-train", "--tokens", text, "--output", model, "--epochs", "100000", "--hidden", "8",
         *([form] if form == "--json" else [])],
        stdout=write, stderr=subprocess.PIPE, env=programs.environment,
    )
    os.close(write)
    assert os.read(read, 1)
    os.close(read)
    errors = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 1
    assert "nobody reads what is printed any more: nothing was changed, and the old model in" in errors
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before
    assert [path.name for path in model.parent.iterdir() if path.name != "model.checkpoint"] == ["model"]
