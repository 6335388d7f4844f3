"""Models below a document's own: a language's, the person's, an organisation's."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")


def train(folder, output, name):
    """A model of Python in which `name` is what is called."""
    folder.mkdir()
    for number in range(6):
        lines = [f"def step{number}_{line}(value):\n    {name}(value, {line})\n    return value\n" for line in range(40)]
        (folder / f"{name}{number}.py").write_text("\n".join(lines))
    command = [INKLING + "-train", str(folder), "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    names = {"project": "arrange_project", "person": "burnish_person", "base": "calibrate_base", "organisation": "devise_office"}
    return {kind: train(folder / f"{kind}-text", folder / kind, name) for kind, name in names.items()}


@pytest.fixture
def session(models, tmp_path):
    """A server in a home of its own with a project that has a model; layers are put there by the tests."""
    project = tmp_path / "project"
    (project / ".inkling").mkdir(parents=True)
    shutil.copytree(models["project"], project / ".inkling" / "model")
    data = tmp_path / "data" / "inkling" / "models"
    data.mkdir(parents=True)
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"),
                   "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    client = Client([INKLING, "serve"], env=environment)
    client.data, client.uri = data, (project / "new.py").as_uri()
    client.project = project
    yield client
    client.process.kill()
    client.process.wait()


def begin(client, text="def first(value):\n    ", options=None):
    client.request("initialize", {
        "processId": os.getpid(), "rootUri": None, "capabilities": {},
        "initializationOptions": {"train": {"workspace": False}, **(options or {})},
        "workspaceFolders": [{"uri": client.project.as_uri(), "name": "p"}]})
    client.notify("initialized")
    client.open(client.uri, text, "python")


def offered(client, prefix):
    """Completes `prefix` at the end of the document, which has it typed."""
    line, column = 1, 4
    version = next(client.ids) + 100
    client.change(client.uri, version, line, column, prefix)
    answer = client.request("inkling/complete", {
        "textDocument": {"uri": client.uri}, "position": {"line": line, "character": column + len(prefix)}, "limit": 10})
    client.change(client.uri, version + 1000, line, column, "", end=(line, column + len(prefix)))
    # Pieces of several words begin with one of them.
    return {item["text"].split("(")[0]: item["source"] for item in answer["items"]}


def status(client):
    return [model for model in client.request("inkling/status")["models"] if model["documentCount"]][0]


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_every_layer_is_asked_and_named(session, models):
    shutil.copytree(models["person"], session.data / "default")
    shutil.copytree(models["base"], session.data / "base" / "python")
    begin(session, options={"layers": {"organisation": str(models["organisation"])}})
    assert "arrange_project" in offered(session, "arr")
    assert offered(session, "bur") == {"burnish_person": "person"}
    assert offered(session, "cal") == {"calibrate_base": "base"}
    assert offered(session, "dev") == {"devise_office": "organisation"}
    layers = status(session)["layers"]
    assert [(layer["kind"], layer["name"]) for layer in layers] == [
        ("person", "default"), ("organisation", "organisation"), ("base", "python")]
    explained = session.request("workspace/executeCommand", {"command": "inkling.explain", "arguments": [
        {"word": "calibrate_base", "textDocument": {"uri": session.uri}, "position": {"line": 1, "character": 4}}]})
    assert explained["isInVocabulary"]
    said = {(share["component"], share["layer"]): share["probability"] for share in explained["components"]}
    assert said[("base", "python")] > 0 and ("person", "default") not in said


def test_layers_can_be_left_out(session, models):
    shutil.copytree(models["base"], session.data / "base" / "python")
    begin(session, options={"layers": {"enabled": False}})
    assert offered(session, "cal") == {}
    assert status(session)["layers"] == []


def test_a_layer_is_taken_up_and_let_go_of_while_documents_are_open(session, models):
    begin(session)
    assert offered(session, "cal") == {}
    shutil.copytree(models["base"], session.data / "base" / "new")
    (session.data / "base" / "new").rename(session.data / "base" / "python")

    def look():
        session.notify("workspace/didChangeWatchedFiles", {"changes": []})
        return offered(session, "cal")

    wait_until(lambda: look() == {"calibrate_base": "base"})
    shutil.rmtree(session.data / "base")
    wait_until(lambda: look() == {})


def test_without_a_model_of_its_own_a_document_has_that_of_the_language(session, models):
    shutil.rmtree(session.project / ".inkling")
    shutil.copytree(models["base"], session.data / "base" / "python")
    begin(session)
    assert offered(session, "cal").get("calibrate_base")
    assert status(session)["path"] == str(session.data / "base" / "python")


def test_a_damaged_layer_is_named_and_left_out(session, models):
    shutil.copytree(models["base"], session.data / "base" / "python")
    broken = session.data / "base" / "python" / "ngrams.bin"
    data = bytearray(broken.read_bytes())
    data[len(data) // 2] ^= 255
    broken.write_bytes(data)
    begin(session)
    message = session.wait_for("window/showMessage")
    assert "base/python" in message["message"]
    wait_until(lambda: status(session)["layers"] == [])
    assert "arrange_project" in offered(session, "arr")


def test_forgetting_reaches_the_persons_own_layers(session, models):
    shutil.copytree(models["person"], session.data / "default")
    shutil.copytree(models["base"], session.data / "base" / "python")
    begin(session)
    assert offered(session, "bur")
    for word in ("burnish_person", "calibrate_base"):
        session.request("workspace/executeCommand", {"command": "inkling.forget", "arguments": [word]})
    assert offered(session, "bur") == {} and offered(session, "cal") == {}
    assert (session.data / "default.forgotten").exists()
    assert not (session.data / "base" / "python.forgotten").exists()


def test_how_to_get_a_base_model_is_said_once(session):
    begin(session)
    offered(session, "arr")
    session.open(session.uri + "2", "x = 1\n", "python")
    session.request("inkling/status")
    wait_until(lambda: session.request("inkling/status") and any(
        "inkling-train base python" in json.dumps(note) for note in session.notifications))
    said = [note for note in session.notifications if "inkling-train base python" in json.dumps(note)]
    assert len(said) == 1 and said[0]["method"] == "window/logMessage"
