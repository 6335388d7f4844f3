#!/usr/bin/env python3
"""Opens what is larger than usual, one server each, and types in it: a file of 10 MB, a file that is one line of a
megabyte, and 100 documents at a time. Prints one JSON object: how long until the first completion, how long completions
take while typing at the end, in the middle and after a jump, how long everything else takes that a client asks for, and
the server's memory.

    python3 Tests/protocol/large_documents.py .build/release/inkling [--model DIR] [--file FILE ...] [--keys 100]

The text is that of the FILEs, over and over, else code-like text. Exit status 1 if the server takes more than
`--megabytes` (a gigabyte) or a request is not answered.
"""
import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from latency import made_up, quantiles  # noqa: E402
from lsp_client import Client  # noqa: E402

CAPABILITIES = {"textDocument": {"diagnostic": {}, "semanticTokens": {}, "inlineCompletion": {}, "codeAction": {
    "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}}}}


def source(options):
    if options.file:
        return "\n".join(open(path, encoding="utf-8").read() for path in options.file)
    return "\n".join(made_up(20_000, 1))


def grown(text, byte_count):
    """The text over and over, so many bytes of it."""
    data = text.encode()
    data = (data * (byte_count // len(data) + 1))[:byte_count]
    return data.decode(errors="ignore")


def resident(client):
    return client.request("inkling/status", timeout=120)["residentBytes"] / 1e6


class Subject:
    """A server and what is measured of it."""

    def __init__(self, options):
        self.options = options
        self.client = Client([options.inkling, "serve"] + (["--model", options.model] if options.model else []))
        self.client.initialize(CAPABILITIES, {"heatMap": {"enabled": True}})
        self.version = 1
        self.peak = 0
        self.result = {}

    def timed(self, name, method, params):
        start = time.perf_counter()
        answer = self.client.wait(self.client.start(method, params), timeout=600)
        assert "error" not in answer, answer
        self.result[name + "Milliseconds"] = round(1000 * (time.perf_counter() - start), 1)
        return answer["result"]

    def remember(self):
        self.peak = max(self.peak, resident(self.client))

    def type(self, uri, line, column, keys):
        """How long each of so many completions takes while a word after the other is typed."""
        taken = []
        text = "value count index "
        for number in range(keys):
            self.version += 1
            start = time.perf_counter()
            self.client.change(uri, self.version, line, column, text[number % len(text)])
            column += 1
            self.client.completion(uri, line, column)
            taken.append(time.perf_counter() - start)
            time.sleep(0.03)
        self.remember()
        return quantiles(taken)

    def open(self, uri, text, line, column):
        start = time.perf_counter()
        self.client.open(uri, text, "swift")
        self.client.completion(uri, line, column)
        self.result["firstCompletionMilliseconds"] = round(1000 * (time.perf_counter() - start), 1)
        self.remember()

    def everything(self, uri, lines):
        """What a client asks for of a document that is on the screen."""
        named = {"textDocument": {"uri": uri}}
        top = {"start": {"line": 0, "character": 0}, "end": {"line": min(60, lines - 1), "character": 0}}
        pulled = self.client.start("textDocument/diagnostic", named)
        whole = self.client.start("textDocument/semanticTokens/full", named)
        self.timed("hover", "textDocument/hover", {**named, "position": {"line": 0, "character": 40}})
        self.timed("screenOfHeat", "textDocument/semanticTokens/range", {**named, "range": top})
        self.timed("inlineCompletion", "textDocument/inlineCompletion", {
            **named, "position": {"line": 0, "character": 40}, "context": {"triggerKind": 1}})
        self.timed("codeAction", "textDocument/codeAction", {
            **named, "range": {"start": {"line": 0, "character": 10}, "end": {"line": 0, "character": 60}},
            "context": {"diagnostics": []}})
        start = time.perf_counter()
        for number in (pulled, whole):
            answer = self.client.wait(number, timeout=900)
            assert "error" not in answer, answer
        self.result["marksOfAllSeconds"] = round(time.perf_counter() - start, 1)
        self.remember()

    def end(self):
        self.remember()
        status = self.client.request("inkling/status")
        self.result["countedTokens"] = sum(model["countedTokens"] for model in status["models"])
        self.result["residentMegabytes"] = round(self.peak, 1)
        for uri in status["documents"]:
            self.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        self.client.request("inkling/status")
        time.sleep(1)
        self.result["residentMegabytesOnceClosed"] = round(resident(self.client), 1)
        self.result["exitStatus"] = self.client.stop()
        return self.result


def long_file(options, text):
    subject = Subject(options)
    text = grown(text, 10_000_000)
    lines = text.split("\n")
    uri = "file:///tmp/inkling-large/long.swift"
    subject.open(uri, text, len(lines) // 2, 0)
    subject.result["bytes"], subject.result["lines"] = len(text.encode()), len(lines)
    subject.result["typingWhileIndexing"] = subject.type(uri, len(lines) // 2, 0, options.keys)
    subject.everything(uri, len(lines))
    subject.result["typingAtEnd"] = subject.type(uri, len(lines) - 1, len(lines[-1]), options.keys)
    subject.result["typingAtStart"] = subject.type(uri, 0, 0, options.keys)
    return subject.end()


def long_line(options, text):
    subject = Subject(options)
    text = grown(text, 1_000_000).replace("\n", " ")
    uri = "file:///tmp/inkling-large/line.swift"
    units = len(text.encode("utf-16-le")) // 2
    subject.open(uri, text, 0, units)
    subject.result["bytes"] = len(text.encode())
    subject.result["typingAtEnd"] = subject.type(uri, 0, units, options.keys)
    subject.everything(uri, 1)
    subject.result["typingInMiddle"] = subject.type(uri, 0, units // 2, options.keys)
    subject.result["typingAtStart"] = subject.type(uri, 0, 0, options.keys)
    return subject.end()


def many_documents(options, text):
    subject = Subject(options)
    lines = text.split("\n")
    start = time.perf_counter()
    for number in range(100):
        piece = [lines[(number * 400 + index) % len(lines)] for index in range(2000)]
        subject.client.open(f"file:///tmp/inkling-large/{number}.swift", "\n".join(piece), "swift")
    subject.client.completion("file:///tmp/inkling-large/99.swift", 1000, 0)
    subject.result["openedSeconds"] = round(time.perf_counter() - start, 2)
    subject.result["lines"] = 100 * 2000
    subject.result["typingAtOnce"] = subject.type("file:///tmp/inkling-large/50.swift", 1000, 0, options.keys)
    pulls = [subject.client.start("textDocument/diagnostic", {
        "textDocument": {"uri": f"file:///tmp/inkling-large/{number}.swift"}}) for number in range(10)]
    subject.result["typingWhileMarking"] = subject.type("file:///tmp/inkling-large/60.swift", 1000, 0, options.keys)
    for number in pulls:
        assert "error" not in subject.client.wait(number, timeout=600)
    subject.result["typingAtLast"] = subject.type("file:///tmp/inkling-large/70.swift", 1000, 0, options.keys)
    return subject.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inkling")
    parser.add_argument("--model")
    parser.add_argument("--file", action="append")
    parser.add_argument("--keys", type=int, default=100, help="typed at each place")
    parser.add_argument("--megabytes", type=float, default=1000)
    parser.add_argument("--only", choices=["file", "line", "documents"])
    options = parser.parse_args()
    text = source(options)
    parts = {"file": long_file, "line": long_line, "documents": many_documents}
    result = {name: part(options, text) for name, part in parts.items() if options.only in (None, name)}
    print(json.dumps(result, indent=2))
    sys.exit(any(part["residentMegabytes"] > options.megabytes or part["exitStatus"] for part in result.values()))


if __name__ == "__main__":
    main()
