"""Runs the extension in Node against the built server, and looks at what it gives Code."""
import json
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

import editor_support as support
from editor_support import AWKWARD, BEGINNINGS, CODE, CORRECTED, SENTENCES, SLIP

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE / "tests"))
from driver_support import Extension, units  # noqa: E402

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="Node is not here")


@pytest.fixture
def extension(variables):
    started = Extension(variables)
    yield started
    started.process.kill()


class File:
    """A document in Code, its text kept in step."""

    def __init__(self, extension, path, language, text):
        self.extension, self.uri, self.text = extension, path.as_uri(), text
        extension("open", uri=self.uri, language=language, text=text)

    def type(self, text):
        self.replace(units(self.text), 0, text)

    def replace(self, offset, length, text):
        self.extension("change", uri=self.uri, changes=[{"offset": offset, "length": length, "text": text}])
        encoded = self.text.encode("utf-16-le")
        self.text = (encoded[: 2 * offset].decode("utf-16-le") + text + encoded[2 * (offset + length):].decode("utf-16-le"))

    def offset(self, line, character):
        lines = self.text.split("\n")
        return sum(units(before) + 1 for before in lines[:line]) + character

    def edit(self, range, text):
        start, end = self.offset(*range[:2]), self.offset(*range[2:])
        self.replace(start, end - start, text)

    def complete(self):
        return self.extension("complete", uri=self.uri, offset=units(self.text))

    def marks(self):
        return self.extension("marks", uri=self.uri)


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_words_land_behind_anything(extension, project, variables, newline):
    extension("activate", folder=str(project))
    file = File(extension, project / "sum.swift", "swift", CODE.replace("\n", newline))
    expected = file.text
    for before in AWKWARD:
        file.type(before + " let x = coun")
        items = extension.wait(lambda: file.complete()["items"], "a list")
        assert items[0]["insertText"] == "counter"
        file.edit(items[0]["replacing"], items[0]["insertText"])
        expected += before + " let x = counter"
        assert file.text == expected
        file.type(newline)
        expected += newline
        # Where a line begins nothing comes by itself: Return ends a line, and another one.
        assert file.complete()["items"] == []
    extension.end(variables)


def test_first_row_is_that_of_the_command_line(extension, project, variables):
    extension("activate", folder=str(project))
    for number, text in enumerate(BEGINNINGS):
        file = File(extension, project / f"note{number}.txt", "plaintext", SENTENCES[0] + text)
        expected = support.first_word(SENTENCES[0] + text, project, variables)
        item = extension.wait(lambda: file.complete()["items"], "a list")[0]
        assert item["insertText"] == expected
        assert "here, by" in extension("resolve", label=expected, data=item["inklingData"])
    extension.end(variables)


def test_a_slip_is_marked_and_corrected(extension, project, variables):
    extension("activate", folder=str(project))
    file = File(extension, project / "note.txt", "plaintext", SENTENCES[0])
    file.type(SLIP)
    found = extension.wait(file.marks, "a mark on the slip")
    assert found[0]["range"] == [1, 38, 1, 45] and found[0]["severity"] == 3 and found[0]["source"] == "inkling"
    actions = extension("actions", uri=file.uri, index=0)
    assert actions[0]["isPreferred"] and actions[0]["isOfMark"]
    [edit] = actions[0]["edits"]
    assert edit["uri"] == file.uri
    file.edit(edit["range"], edit["text"])
    assert file.text == SENTENCES[0] + CORRECTED
    extension.wait(lambda: not file.marks(), "the mark to go")
    extension.end(variables)


def test_a_word_of_the_dictionary_is_not_marked(extension, project, variables):
    extension("activate", folder=str(project))
    file = File(extension, project / "note.txt", "plaintext", SENTENCES[0] + SLIP)
    file.type("\n")
    extension.wait(file.marks, "a mark on the slip")
    command = extension("actions", uri=file.uri, index=0)[-1]["command"]
    extension("command", name=command["command"], args=command["arguments"])
    extension.wait(lambda: not file.marks(), "the mark to go")
    assert (project / ".inkling/dictionary.txt").read_text().split() == ["stoarge"]
    extension.end(variables)


def test_ghost_text(extension, project, variables):
    extension("activate", folder=str(project))
    file = File(extension, project / "note.txt", "plaintext", "".join(SENTENCES))
    file.type("The rope of the island is kept in the s")
    items = extension.wait(lambda: extension("inline", uri=file.uri, offset=units(file.text)), "ghost text")
    assert items[0]["insertText"].startswith("torage of the")
    # Behind the word that the list has selected, ghost text goes on with it.
    line = len(SENTENCES)
    selected = {"range": {"start": {"line": line, "character": 38}, "end": {"line": line, "character": 39}}, "text": "storage"}
    items = extension("inline", uri=file.uri, offset=units(file.text), selected=selected)
    assert items[0]["insertText"].startswith("storage of the") and items[0]["range"] == [line, 38, line, 39]
    extension.end(variables)


def test_heat_map_hover_and_commands(extension, project, variables):
    started = extension("activate", folder=str(project))
    manifest = json.loads((HERE / "package.json").read_text())
    offered = {command["command"] for command in manifest["contributes"]["commands"]}
    assert offered == set(started["commands"]) - {"inkling.runServerCommand"}
    file = File(extension, project / "note.txt", "plaintext", "".join(SENTENCES) + "zebra quantum zither\n")
    assert "%" in extension.wait(lambda: extension("hover", uri=file.uri, offset=5), "what hovering shows")
    extension("command", name="inkling.heat")
    heat = dict(extension("look")["decorations"])
    assert [range[:2] for range in heat["inkling.heat5"]] and all(range[0] == len(SENTENCES) for range in heat["inkling.heat5"])
    extension("command", name="inkling.heat")
    assert all(ranges == [] for _, ranges in extension("look")["decorations"])
    extension("command", name="inkling.status")
    extension("command", name="inkling.explain", args=["harbour"])
    shown = [message["text"] for message in extension("look")["messages"] if message["kind"] == "document"]
    assert "tokens counted" in shown[0] and "In the vocabulary" in shown[1]
    extension("set", settings={"inkling.hover": False})
    assert extension("hover", uri=file.uri, offset=5) is None
    extension.end(variables)


def test_settings_reach_the_server(extension, project, variables):
    extension("activate", folder=str(project), settings={"inkling.completion.limit": 1, "inkling.disabledLanguages": ["csv"]})
    file = File(extension, project / "note.txt", "plaintext", SENTENCES[0] + "The ")
    extension.wait(lambda: len(extension("complete", uri=file.uri, offset=units(file.text))["items"]) == 1, "a list of one")
    extension("set", settings={"inkling.completion.limit": 5})
    extension.wait(lambda: len(extension("complete", uri=file.uri, offset=units(file.text))["items"]) > 1, "a longer list")
    other = File(extension, project / "table.csv", "csv", SENTENCES[0])
    extension("command", name="inkling.status")
    assert "1 open documents" in extension("look")["messages"][-1]["text"] and other
    extension.end(variables)


def test_a_server_that_dies_is_started_again(extension, project, variables):
    extension("activate", folder=str(project))
    file = File(extension, project / "sum.swift", "swift", CODE + "let x = coun")
    extension.wait(lambda: file.complete()["items"], "a list")
    extension("command", name="inkling.status")
    process = extension("look")["messages"][-1]["text"].split("process ")[1].split()[0]
    subprocess.run(["kill", "-9", process], check=True)
    extension.wait(lambda: "ended by SIGKILL" in "".join(extension("look")["log"]), "the end to be noticed")
    assert extension.wait(lambda: file.complete()["items"], "a list again")[0]["insertText"] == "counter"
    extension.end(variables)


def test_says_that_the_program_is_missing(extension, project):
    extension("activate", folder=str(project), settings={"inkling.path": "inkling-that-is-not-here"})
    message = extension.wait(lambda: extension("look")["messages"], "the message")[0]
    assert message["kind"] == "warning" and "is no program on the PATH" in message["text"]
    extension("command", name="inkling.status")
    assert extension("look")["messages"][-1]["text"] == "inkling: the server is not running"


def test_the_extension_is_one_file(tmp_path):
    """What `make vscode` builds has what Code looks for, and the settings of the schema."""
    script = ROOT / "scripts/vscode-extension"
    subprocess.run([sys.executable, script, tmp_path / "inkling.vsix"], check=True, capture_output=True)
    with zipfile.ZipFile(tmp_path / "inkling.vsix") as archive:
        names = archive.namelist()
        manifest = archive.read("extension/package.json").decode()
        types = archive.read("[Content_Types].xml").decode()
    assert names[0] == "[Content_Types].xml" and "extension.vsixmanifest" in names
    assert all(f'Extension="{pathlib.Path(name).suffix}"' in types for name in names[1:])
    assert not [name for name in names if "tests" in name or name.endswith(".py")]
    # The one in the repository is the same: scripts/vscode-extension settings.
    assert manifest == (HERE / "package.json").read_text()
    contributes = json.loads(manifest)["contributes"]
    assert "extension/source/extension.js" in names
    for step in contributes["walkthroughs"][0]["steps"]:
        assert f"extension/{step['media']['markdown']}" in names
    assert contributes["configuration"]["properties"]["inkling.completion.limit"]["maximum"] == 200
