"""Projects that somebody else has made, and model files that change under a running server."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()
INKLING, TRAINER = str(BIN / "inkling"), str(BIN / "inkling-train")
DOCS = pathlib.Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two models of different texts, with the same names of files."""
    root = tmp_path_factory.mktemp("models")
    for name, texts in (("first", ["cli.md", "protocol.md"]), ("second", ["training.md"])):
        source = root / (name + "-text")
        source.mkdir()
        for text in texts:
            shutil.copy(DOCS / text, source)
        subprocess.run([TRAINER, str(source), "--output", str(root / name)], check=True, capture_output=True)
    return root


@pytest.fixture
def environment(tmp_path):
    names = {"XDG_CACHE_HOME": "cache", "XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config"}
    return {**os.environ, **{key: str(tmp_path / value) for key, value in names.items()}}


class Project:
    def __init__(self, root, environment, options=None):
        self.root, self.version = root, 1
        self.uri = f"file://{root}/notes.md"
        self.client = Client([INKLING, "serve"], env=environment)
        # Nothing is trained unless a test wants it.
        self.client.request("initialize", {
            "capabilities": {}, "rootUri": f"file://{root}",
            "initializationOptions": {"train": {"workspace": False}, **(options or {})}})
        self.client.notify("initialized")
        self.client.open(self.uri, "The model directory is wri", "markdown")

    def complete(self, text):
        self.version += 1
        self.client.notify("textDocument/didChange", {
            "textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": [{"text": text}]})
        return self.client.request("inkling/complete", {
            "textDocument": {"uri": self.uri}, "position": {"line": 0, "character": len(text)}}, timeout=10)["items"]

    def models(self):
        return [(m["path"], m["problem"]) for m in self.client.request("inkling/status")["models"]]

    def has_model(self):
        return any(path and not problem for path, problem in self.models())

    def wait(self, condition, text="the mod", seconds=15):
        end = time.time() + seconds
        while time.time() < end:
            self.complete(text)
            if condition():
                return True
            time.sleep(0.1)
        return False

    def warnings(self):
        self.client.request("inkling/status")
        return [m["params"]["message"] for m in self.client.notifications if m["method"] == "window/showMessage"]

    def stop(self):
        self.client.process.kill()


def project(tmp_path, models):
    root = tmp_path / "project"
    (root / ".inkling").mkdir(parents=True)
    shutil.copytree(models / "first", root / ".inkling/model")
    return root


FILES = ["vocabulary.txt", "ngrams.bin", "contexts.bin", "mixture.bin", "model.json", "training.jsonl"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["cut", "other", "zeros"])
def test_a_file_is_written_into(tmp_path, models, environment, name, how):
    root = project(tmp_path, models)
    p = Project(root, environment)
    assert p.wait(p.has_model)
    file = root / ".inkling/model" / name
    whole = file.read_bytes()
    if how == "cut":
        os.truncate(file, 0)
    else:
        other = (models / "second" / name).read_bytes() if how == "other" else bytes(len(whole))
        with open(file, "r+b") as stream:
            stream.write(other)
    for number in range(30):
        p.complete("the tok" + "en " * number + "mo")
    if name != "training.jsonl":
        assert p.wait(lambda: not p.has_model())
        assert len(p.warnings()) == 1, p.warnings()
    with open(file, "r+b") as stream:
        stream.write(whole)
        stream.truncate(len(whole))
    assert p.wait(p.has_model)
    assert p.client.process.poll() is None
    assert len(p.warnings()) <= 1
    p.stop()


def test_another_model_is_copied_over_it_again_and_again(tmp_path, models, environment):
    root = project(tmp_path, models)
    p = Project(root, environment)
    end = time.time() + 4
    number = 0
    while time.time() < end:
        number += 1
        source = models / ("second" if number % 2 else "first")
        for file in source.iterdir():
            shutil.copyfile(file, root / ".inkling/model" / file.name)
            p.complete("what the serv" + "er is " * (number % 9) + "an")
    assert p.client.process.poll() is None
    assert p.wait(p.has_model)
    p.stop()


def test_the_person_counts(tmp_path, models, environment):
    root = tmp_path / "project"
    (root / ".inkling").mkdir(parents=True)
    (root / ".inkling/config.json").write_text(json.dumps({
        "train": {"workspace": True, "recurrent": "idle", "recurrentMinutes": 1440}, "model": str(models / "first"),
        "trust": {"folders": ["*"]}, "completion": {"deadlineMilliseconds": 10000}, "log": {"file": str(root / "log")}}))
    p = Project(root, environment)
    time.sleep(1.5)
    assert not p.has_model()
    (message,) = p.warnings()
    for part in ("train.recurrent:", "train.recurrentMinutes:", "model:", "trust.folders:", "deadlineMilliseconds:",
                 "log.file:"):
        assert part in message, (part, message)
    assert not (root / "log").exists() and not (tmp_path / "cache/inkling/workspaces").exists()
    p.stop()


@pytest.mark.parametrize("place", ["..", "../model", "model/..", ".", "", "link", "link/model"])
def test_no_place_outside(tmp_path, models, environment, place):
    shutil.copytree(models / "first", tmp_path / "model")
    root = tmp_path / "project"
    (root / ".inkling").mkdir(parents=True)
    (root / "link").symlink_to(tmp_path if "/" in place else tmp_path / "model")
    (root / ".inkling/config.json").write_text(json.dumps({"model": place}))
    p = Project(root, environment)
    p.client.request("workspace/executeCommand", {"command": "inkling.forget", "arguments": ["secret"]})
    assert not p.has_model()
    assert not [f for f in tmp_path.iterdir() if "forgotten" in f.name]
    p.stop()


@pytest.mark.parametrize("name", [".inkling", ".inkling/model", ".inkling/model/vocabulary.txt",
                                  ".inkling/config.json", ".inkling/dictionary.txt", ".inkling/model.forgotten"])
def test_links_that_lead_out(tmp_path, models, environment, name):
    root = project(tmp_path, models)
    (root / ".inkling/config.json").write_text("{}")
    (root / ".inkling/dictionary.txt").write_text("word\n")
    (root / ".inkling/model.forgotten").write_text("inkling-forgotten 1 00\n")
    outside = tmp_path / "outside"
    shutil.move(root / name, outside)
    (root / name).symlink_to(outside)
    before = {f: f.read_bytes() for f in [outside, *outside.rglob("*")] if f.is_file()}
    p = Project(root, environment)
    p.complete("the mod")
    assert any("leads out" in m for m in p.warnings()), p.warnings()
    if name not in (".inkling/config.json", ".inkling/dictionary.txt"):
        assert not p.has_model()
    for command in (["inkling.accept", "sesame", p.uri], ["inkling.forget", "sesame"]):
        try:
            p.client.request("workspace/executeCommand", {"command": command[0], "arguments": command[1:]})
        except Exception:
            pass
    after = {f: f.read_bytes() for f in [outside, *outside.rglob("*")] if f.is_file()}
    assert after == before
    p.stop()
    q = Project(root, environment, {"trust": {"folders": [str(tmp_path)]}})
    assert q.wait(q.has_model)
    q.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another user")
def test_a_folder_of_another_user(tmp_path, models, environment):
    root = project(tmp_path, models)
    (root / ".inkling/config.json").write_text('{"completion": {"enabled": false}}')
    os.chown(root / ".inkling", 12345, 12345)
    p = Project(root, environment)
    p.complete("the mod")
    assert not p.has_model()
    assert sum("belongs to another user" in m for m in p.warnings()) == 1
    p.client.notify("workspace/didChangeConfiguration", {"settings": {"inkling": {"trust": {"folders": ["*"]}}}})
    assert p.wait(p.has_model)
    p.stop()
    text = root / "a.md"
    text.write_text("The model\n")
    run = subprocess.run([INKLING, "score", str(text)], env=environment, capture_output=True, text=True)
    assert run.returncode == 1 and "another user" in run.stderr, run.stderr


@pytest.mark.parametrize("name", ["config.json", "dictionary.txt", "model.forgotten", "model/model.json",
                                  "model/ngrams.bin", "model/vocabulary.txt", "model/contexts.bin"])
@pytest.mark.parametrize("kind", ["pipe", "terminal", "output", "folder", "holes"])
def test_what_is_no_file(tmp_path, models, environment, name, kind):
    root = project(tmp_path, models)
    path = root / ".inkling" / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "holes":
        path.touch()
        try:
            os.truncate(path, 1 << 40)
        except OSError:
            pytest.skip("no files of that length here")
    else:
        path.symlink_to("/dev/ptmx" if kind == "terminal" else "/proc/self/fd/1")
    p = Project(root, environment, {"trust": {"folders": ["*"]}})
    start = time.time()
    p.complete("the mod")
    assert time.time() - start < 5
    p.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_trainer_ends_with_its_server(tmp_path, environment):
    root = tmp_path / "project"
    shutil.copytree(DOCS, root)
    p = Project(root, environment, {"train": {"workspace": False, "recurrentMinutes": 1}})
    p.client.request("workspace/executeCommand", {"command": "inkling.train", "arguments": []})

    def trainers():
        found = subprocess.run(["pgrep", "-f", f"inkling-train {root}"], capture_output=True, text=True).stdout
        return [int(n) for n in found.split()]

    end = time.time() + 10
    while not trainers() and time.time() < end:
        time.sleep(0.05)
    assert len(trainers()) == 1
    time.sleep(1)
    p.client.process.send_signal(signal.SIGKILL)
    p.client.process.wait()
    # Whoever is started next does not begin a second one beside it.
    q = Project(root, environment, {"train": {"workspace": False, "recurrentMinutes": 1}})
    q.client.request("workspace/executeCommand", {"command": "inkling.train", "arguments": []})
    first, most = trainers(), 0
    end = time.time() + 15
    while time.time() < end and not (set(trainers()) - set(first)):
        most = max(most, len(trainers()))
        time.sleep(0.1)
    assert most <= 1
    q.stop()
    end = time.time() + 12
    while trainers() and time.time() < end:
        time.sleep(0.1)
    assert not trainers()
