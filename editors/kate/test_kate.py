"""Drives a real Kate on an X server of its own, with the settings of the README. Takes a minute: INKLING_LONG_TESTS=1."""
import os
import pathlib
import shutil
import subprocess
import time

import pytest

import editor_support as support
from editor_support import AWKWARD, CODE, TRAPS

HERE = pathlib.Path(__file__).resolve().parent
pytestmark = pytest.mark.skipif(
    not (os.environ.get("INKLING_LONG_TESTS") and all(map(shutil.which, ["kate", "Xvfb", "xdotool"]))),
    reason="a long test, and it needs Kate, Xvfb and xdotool")


@pytest.fixture
def display():
    number, end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(end), "-screen", "0", "1200x800x24", "-noreset"], pass_fds=[end], stderr=subprocess.DEVNULL)
    os.close(end)
    with os.fdopen(number) as answer:
        yield ":" + answer.readline().strip()
    server.terminate()
    server.wait()


class Kate:
    def __init__(self, file, variables, display):
        self.file = file
        self.variables = {**variables, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        config = pathlib.Path(variables["HOME"]) / ".config"
        (config / "kate/lspclient").mkdir(parents=True)
        shutil.copy(HERE / "settings.json", config / "kate/lspclient/settings.json")
        # The steps of the README: the plugin, leave to start the server, Return for the text.
        (config / "katerc").write_text(
            "[Kate Plugins]\nlspclientplugin=true\n\n"
            f"[lspclient]\nAllowedServerCommandLines={support.BIN / 'inkling'} serve\n\n"
            "[KTextEditor View]\nAuto Completion Preselect First Entry=false\n")
        self.log = open(file.parent.parent / "kate.log", "w+")
        self.process = subprocess.Popen(
            ["kate", "-n", file], env=self.variables, cwd=file.parent, stdout=self.log, stderr=self.log)
        window = support.wait(lambda: self.tell("search", "--onlyvisible", "--class", "kate").split(), "a window", 60)[-1]
        support.wait(lambda: [line for line in support.processes(self.variables) if "inkling serve" in line], "the server", 30)
        self.tell("windowfocus", window)
        time.sleep(2)

    def tell(self, *arguments):
        return subprocess.run(
            ["xdotool", *map(str, arguments)], env=self.variables, capture_output=True, text=True).stdout

    def press(self, *keys, pause=0.3):
        for key in keys:
            self.tell("key", key)
            time.sleep(pause)

    def type(self, text):
        self.tell("type", "--delay", "150", text)

    def wait_file(self, expected):
        self.press("ctrl+s")
        end = time.monotonic() + 10
        while self.file.read_bytes() != expected.encode() and time.monotonic() < end:
            time.sleep(0.2)
        assert self.file.read_bytes().decode() == expected

    def quit(self):
        self.press("ctrl+q")
        assert self.process.wait(timeout=20) == 0
        self.log.seek(0)
        assert [line for line in self.log if "lspclient" in line.lower() and "error" in line.lower()] == []
        support.wait(lambda: not support.processes(self.variables), "the processes to end")


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_types_what_is_typed_and_completes(project, variables, display, newline):
    file = project / "sum.md"
    # The odd characters are there already: no key of the X server types them.
    text = CODE + TRAPS + "".join(before + " let x =(\n" for before in AWKWARD)
    file.write_bytes(text.replace("\n", newline).encode())
    kate = Kate(file, variables, display)
    try:
        kate.press("ctrl+End")
        kate.type("return")
        time.sleep(1)
        kate.press("Return", "Return")
        kate.type("let")
        # The list that comes up would take the next keys.
        time.sleep(1.5)
        kate.press("Escape", "ctrl+Home")
        for _ in range((CODE + TRAPS).count("\n")):
            kate.press("Down", pause=0.03)
        for _ in AWKWARD:
            kate.press("End")
            kate.type("coun")
            time.sleep(1.5)
            kate.press("Down", "Return")
            kate.press("Down")
        expected = text.replace("let x =(\n", "let x =(counter\n") + "return\n\nlet\n"
        kate.wait_file(expected.replace("\n", newline))
        kate.quit()
    finally:
        kate.process.kill()
