"""What the tests of all editors share: an environment with nothing of the user's, a project, and what must not be left."""

import json
import os
import pathlib
import shutil
import subprocess
import time

EDITORS = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()

# Text whose characters are of several bytes, UTF-16 units or code points: what columns are counted wrong behind.
AWKWARD = ["/* 😀 */", "/* 👨‍👩‍👧‍👦 漢字 */", "/* e\u0301 क्षि */"]

# Two files of code with two names that every second line has, and words that begin as others end.
CODE = "".join(f"let total{index} = counter + amount\nprint(total{index})\n" for index in range(12))
TRAPS = "let returned = amount\nlet selfish = amount\n"

# Prose with a word in it that is easily misspelled, and that a model of 30 such sentences knows.
SENTENCES = [
    f"The {noun} of the {place} is kept in the storage of the harbour.\n"
    for noun in ("captain", "letter", "rope", "lantern", "barrel", "compass")
    for place in ("vessel", "island", "village", "garrison", "factory", "market")
]
SLIP = "The rope of the island is kept in the stoarge of the harbour."
CORRECTED = SLIP.replace("stoarge", "storage")


def environment(home):
    """Variables for an editor whose home is an empty folder, with the built `inkling` on its PATH."""
    for name in ("home", "home/tmp", "home/run"):
        (home / name).mkdir(exist_ok=True)
    (home / "home/run").chmod(0o700)
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "home/tmp"),
        "XDG_RUNTIME_DIR": str(home / "home/run"),
        "INKLING_GRAMMARS": os.environ.get("INKLING_GRAMMARS", str(EDITORS.parent / "grammars")),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "SHELL": "/bin/sh",
    }


# Beginnings of sentences, in words of which something follows surely.
BEGINNINGS = ["The capt", "The barrel of the isl", "The rope of the village is kept in the sto"]


def train(folder):
    """A project of prose with a model of its own."""
    (folder / "text").mkdir(parents=True)
    for number in range(3):
        (folder / "text" / f"{number}.txt").write_text("".join(SENTENCES[number::3] * 4))
    subprocess.run(
        [BIN / "inkling-train", "text"], cwd=folder, env={**environment(folder.parent), "PATH": os.environ["PATH"]},
        check=True, capture_output=True)


def first_word(text, project, variables):
    """The first word of `inkling complete` behind a text, by the project's model."""
    done = subprocess.run(
        [BIN / "inkling", "complete", "--model", project / ".inkling/model", "--top", "1", "--json"], input=text.encode(),
        env=variables, capture_output=True, check=True)
    return json.loads(done.stdout)["items"][0]["text"]


def wait(condition, what, seconds=40.0, pause=0.05):
    """The first true result of a condition."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(pause)
    raise AssertionError(f"waited {seconds} s for {what}")


def processes(variables):
    """Command lines of running processes that an editor in this environment has started."""
    found = []
    needle = f"HOME={variables['HOME']}".encode()
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if needle in (entry / "environ").read_bytes().split(b"\0"):
                command = (entry / "cmdline").read_bytes().split(b"\0")
                if command[0]:
                    found.append(b" ".join(command).decode(errors="replace"))
        except OSError:
            continue
    return found


def assert_nothing_left(variables, allowed=()):
    """No process and no temporary file of an editor that has quit."""
    wait(lambda: not [line for line in processes(variables) if "inkling" in line.split()[0]], "the servers to end")
    left = [path for path in pathlib.Path(variables["TMPDIR"]).rglob("*") if path.name not in allowed]
    assert left == []


class Terminal:
    """A program in a terminal of its own, by tmux."""

    def __init__(self, command, folder, variables, columns=110, rows=36):
        self.socket = f"{folder.parent}/tmux"
        self.folder, self.variables = folder, variables
        assert shutil.which("tmux"), "tmux is not here (scripts/install-system-packages)"
        self.status = folder.parent / "status"
        script = folder.parent / "run.sh"
        words = " ".join("'" + str(word).replace("'", "'\\''") + "'" for word in command)
        script.write_text(f"{words} 2>'{folder.parent}/stderr'\necho $? >'{self.status}'\n")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, "-s", "editor", "sh", script)

    def tmux(self, *arguments, check=True):
        return subprocess.run(
            ["tmux", "-u", "-S", self.socket, *map(str, arguments)], cwd=self.folder, env=self.variables,
            capture_output=True, text=True, check=check, timeout=60).stdout

    def type(self, text):
        """Characters as they are."""
        self.tmux("send-keys", "-t", "editor", "-l", "--", text)

    def press(self, *keys, pause=0.0):
        """Keys by tmux's names, such as Enter, Escape, C-n, M-Right."""
        for key in keys:
            self.tmux("send-keys", "-t", "editor", key)
            time.sleep(pause)

    def type_slowly(self, text, pause=0.15):
        for character in text:
            if character == "\n":
                self.press("Enter")
            else:
                self.type(character)
            time.sleep(pause)

    def screen(self):
        return self.tmux("capture-pane", "-p", "-t", "editor", check=False)

    def wait_end(self):
        """The status that the program ended with."""
        return int(wait(lambda: self.status.exists() and self.status.read_text(), "the editor to end"))

    def kill(self):
        self.tmux("kill-server", check=False)
