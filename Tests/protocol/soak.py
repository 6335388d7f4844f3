#!/usr/bin/env python3
"""Days of typing in minutes: opens, edits, completes, saves and closes documents and switches settings, so many keys
long, and watches the server's memory and that every request is answered.

    python3 Tests/protocol/soak.py .build/release/inkling [--model DIR] [--keystrokes 864000] [--minutes 10]

A person who types ten keys a second for 24 hours types 864,000. Prints one JSON object; exit status 1 if a request was
not answered, or if memory grew: if the later half of the samples after warming up, which is the first quarter of the
keys, lies above the earlier half by more than `--growth` percent.
"""
import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from lsp_client import Client  # noqa: E402

LANGUAGES = {"swift": "swift", "py": "python", "md": "markdown", "txt": "plaintext"}
SETTINGS = [{}, {"completion": {"limit": 5}}, {"heatMap": {"enabled": True}}, {"diagnostics": {"enabled": False}},
            {"completion": {"excludedContexts": {"swift": ["comment"]}}}, {"nonsense": 1}]
# Requests that may be under way at a time: more than any editor has, so that the server always has work.
WINDOW = 24
# Documents are cut when they have come to be longer, so that there is as much text at the end as at the start.
LONGEST, SHORTEST = 16_000, 14_000  # characters
# How many keys are taken back.
SLIP = 0.05


class Document:
    """The client's text, and where it is typed in."""

    def __init__(self, number, source):
        self.suffix = source.choice(list(LANGUAGES))
        self.uri = f"file://{tempfile.gettempdir()}/inkling-soak/{number}.{self.suffix}"
        self.lines = [""]
        # As if it had been typed: what is there at the start is of the same kind as what comes.
        while self.length() < (LONGEST + SHORTEST) // 2:
            for key in keys(source):
                if key == "\n":
                    self.lines.append("")
                else:
                    self.lines[-1] += key
                if source.random() < SLIP:
                    self.lines[-1] = self.lines[-1][:-1]
        self.version = 1
        self.line, self.column = len(self.lines) // 2, 0

    def length(self):
        return sum(map(len, self.lines)) + len(self.lines) - 1


def units(text):
    return len(text.encode("utf-16-le")) // 2


VOCABULARY = ["let", "value", "count", "return", "index", "the", "of", "if", "total", "😀", "für", "naïve", "(", ")",
              "=", "// note", "\"text\"", "e\u0301tat", "漢字", "func", "import", "and", "was", "42", "{", "}"]


def word(source):
    """A word that everybody has, or one that nobody had yet: of every name that is typed its beginnings are words."""
    if source.random() < 0.8:
        return source.choice(VOCABULARY)
    return "".join(source.choices("abcdefghijklmnopqrstuvwxyzABCDEF_", k=source.randrange(3, 14)))


def keys(source):
    """A word as it is typed, with what comes after it."""
    return word(source) + (" " if source.random() < 0.9 else "\n")


class Soak:
    def __init__(self, options):
        self.options = options
        self.source = random.Random(options.seed)
        command = [options.inkling, "serve"] + (["--model", options.model] if options.model else [])
        self.client = Client(command)
        self.client.initialize(
            {"textDocument": {"diagnostic": {}, "semanticTokens": {}, "inlineCompletion": {}},
             "workspace": {"semanticTokens": {"refreshSupport": True}, "configuration": False}},
            {"train": {"workspace": False}})
        self.outstanding = {}
        self.answered = {}
        self.errors = {}
        self.documents = []
        self.opened = 0
        self.samples = []

    # Talking

    def ask(self, method, params):
        self.outstanding[self.client.start(method, params)] = method
        while len(self.outstanding) > WINDOW:
            self.take()

    def take(self):
        self.client.receive(timeout=600)
        for number in list(self.client.answers):
            answer = self.client.answers.pop(number)
            method = self.outstanding.pop(number, None)
            if method is None:
                raise AssertionError(f"an answer to no request: {answer}")
            self.answered[method] = self.answered.get(method, 0) + 1
            if "error" in answer:
                code = f"{method} {answer['error']['code']}"
                self.errors[code] = self.errors.get(code, 0) + 1
        self.client.notifications.clear()

    def settle(self):
        while self.outstanding:
            self.take()

    def place(self, document):
        return {"textDocument": {"uri": document.uri},
                "position": {"line": document.line, "character": units(document.lines[document.line][:document.column])}}

    def replace(self, document, start, end, text):
        """`start` and `end` are (line, column in code points)."""
        position = lambda at: {"line": at[0], "character": units(document.lines[at[0]][:at[1]])}
        change = {"range": {"start": position(start), "end": position(end)}, "text": text}
        new = (document.lines[start[0]][:start[1]] + text + document.lines[end[0]][end[1]:]).split("\n")
        document.lines[start[0]:end[0] + 1] = new
        document.version += 1
        self.client.notify("textDocument/didChange", {
            "textDocument": {"uri": document.uri, "version": document.version}, "contentChanges": [change]})

    # What a person does

    def open(self):
        document = Document(self.opened, self.source)
        self.opened += 1
        self.documents.append(document)
        self.client.open(document.uri, "\n".join(document.lines), LANGUAGES[document.suffix])

    def close(self, document):
        self.documents.remove(document)
        self.client.notify("textDocument/didClose", {"textDocument": {"uri": document.uri}})

    def press(self, document, key):
        line, column = document.line, document.column
        self.replace(document, (line, column), (line, column), key)
        if key == "\n":
            document.line, document.column = line + 1, 0
        else:
            document.column += 1
        if key.isalpha() or key in " .(":
            self.ask("textDocument/completion", self.place(document))

    def backspace(self, document):
        if document.column:
            self.replace(document, (document.line, document.column - 1), (document.line, document.column), "")
            document.column -= 1

    def pause(self, document):
        """What happens when nobody types for a moment."""
        named = {"textDocument": {"uri": document.uri}}
        chance = self.source.random()
        if chance < 0.2:
            self.ask("textDocument/diagnostic", named)
        elif chance < 0.3:
            self.ask("textDocument/semanticTokens/full", named)
        elif chance < 0.4:
            self.ask("textDocument/inlineCompletion", self.place(document))
        elif chance < 0.5:
            self.ask("textDocument/hover", self.place(document))
        elif chance < 0.55:
            self.client.notify("textDocument/didSave", named)
        elif chance < 0.6:
            self.ask("textDocument/diagnostic", named)
            self.client.notify("$/cancelRequest", {"id": list(self.outstanding)[-1]} if self.outstanding else {"id": 0})
        elif chance < 0.62:
            self.client.notify("workspace/didChangeConfiguration",
                               {"settings": {"inkling": self.source.choice(SETTINGS)}})
        elif chance < 0.64:
            self.close(document)
            self.open()
        if document.length() > LONGEST:
            gone, excess = 0, document.length() - SHORTEST
            while excess > 0:
                excess -= len(document.lines[gone]) + 1
                gone += 1
            self.replace(document, (0, 0), (gone, 0), "")
            document.line = max(0, document.line - gone)
        if chance > 0.8:
            document.line = self.source.randrange(len(document.lines))
            document.column = len(document.lines[document.line])
        else:
            document.column = min(document.column, len(document.lines[document.line]))

    def run(self):
        for _ in range(6):
            self.open()
        start = time.monotonic()
        pressed, next_sample = 0, 0
        while pressed < self.options.keystrokes:
            if pressed >= next_sample:
                self.sample(pressed)
                next_sample += max(200, self.options.keystrokes // 200)
                if time.monotonic() - start > self.options.minutes * 60:
                    break
            document = self.source.choice(self.documents[-2:]) if pressed % 50 else self.source.choice(self.documents)
            document.column = min(document.column, len(document.lines[document.line]))
            for key in keys(self.source):
                self.press(document, key)
                pressed += 1
                if self.source.random() < SLIP:
                    self.backspace(document)
                    pressed += 1
            if self.source.random() < 0.15:
                self.pause(document)
        self.settle()
        self.sample(pressed)
        return pressed, time.monotonic() - start

    def sample(self, pressed):
        self.settle()
        if sys.platform == "linux":
            status = open(f"/proc/{self.client.process.pid}/status").read()
            resident = int(status.split("VmRSS:")[1].split()[0]) * 1024
        else:
            resident = self.client.request("inkling/status")["residentBytes"]
        self.samples.append((pressed, resident, sum(document.length() for document in self.documents)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inkling")
    parser.add_argument("--model")
    parser.add_argument("--keystrokes", type=int, default=864_000)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--growth", type=float, default=3, help="percent of growth that is noise")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    soak = Soak(options)
    pressed, seconds = soak.run()
    after = [resident for count, resident, _ in soak.samples if count >= pressed / 4]
    half = len(after) // 2
    earlier, later = statistics.median(after[:half]), statistics.median(after[half:])
    growth = 100 * (later / earlier - 1)
    tenths = [soak.samples[min(len(soak.samples) - 1, len(soak.samples) * part // 10)] for part in range(11)]
    pending = soak.client.request("inkling/status")["pendingRequests"]
    unanswered = len(soak.outstanding) + pending - 1  # the status request itself
    result = {
        "keystrokes": pressed, "seconds": round(seconds, 1), "documentsOpened": soak.opened,
        "answered": soak.answered, "errors": soak.errors, "unanswered": unanswered,
        "residentMegabytesByTenth": [round(resident / 1e6, 2) for _, resident, _ in tenths],
        "openCharactersByTenth": [length for _, _, length in tenths], "growthPercent": round(growth, 2), "exitStatus": soak.client.stop(),
    }
    print(json.dumps(result, indent=2))
    sys.exit(1 if unanswered or growth > options.growth or result["exitStatus"] else 0)


if __name__ == "__main__":
    main()
