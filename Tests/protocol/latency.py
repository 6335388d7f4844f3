#!/usr/bin/env python3
"""Measures how long a completion takes over standard input and output, from the request's first byte to the answer's
last, while somebody types at a steady pace in a long document: at its end, in its middle, at its start, and in the
middle with the edits at the top; then jumps to the far end right after an edit at the top.

    python3 Tests/protocol/latency.py .build/release/inkling [--model DIR] [--file FILE] [--lines 10000]
        [--seconds 20] [--rate 10]

Prints one JSON object: milliseconds by place, the share of answers in which the model's network had its say, what the
server itself measured, and its memory. The document is FILE repeated or cut to so many lines, else code-like text.
"""
import argparse
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from lsp_client import Client  # noqa: E402

URI = "file:///tmp/long.swift"
TYPED = "let counter = values.count\nif counter > limit { return nil }\nfor index in values.indices {\n"


def made_up(lines, seed):
    """Code-like text of so many lines, the same every time."""
    source = random.Random(seed)
    names = [source.choice("abcdefgh") + "".join(source.choices("aeioulnrst", k=source.randint(2, 9)))
             for _ in range(2000)]
    shapes = ["  let {0} = {1}.{2}({3})", "  if {0} < {1} {{ return {2} }}", "func {0}({1}: {2}) -> {3} {{", "}}",
              "  // {0} {1} {2} {3}", "  {0}.{1}[{2}] = {3} + 1", "  for {0} in {1}.{2} {{", ""]
    return [source.choice(shapes).format(*source.choices(names, k=4)) for _ in range(lines)]


def text_of(options):
    if not options.file:
        return made_up(options.lines, 1)
    lines = []
    for path in options.file:
        with open(path, encoding="utf-8") as file:
            lines += file.read().split("\n")
    return [lines[index % len(lines)] for index in range(options.lines)]


def quantiles(seconds):
    ordered = sorted(seconds)
    pick = lambda share: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)
    return {"median": pick(0.5), "p99": pick(0.99), "maximum": round(1000 * ordered[-1], 3), "count": len(ordered)}


class Document:
    """The open document as the client has it: only where typing goes on is kept up."""

    def __init__(self, client, lines):
        self.client, self.version, self.line_count = client, 1, len(lines)

    def insert(self, line, character, text):
        self.version += 1
        self.client.change(URI, self.version, line, character, text)

    def ask(self, line, character):
        """How long a completion takes. Nothing is asked for between it and the edit before."""
        start = time.perf_counter()
        self.client.completion(URI, line, character)
        return time.perf_counter() - start

    def counts(self):
        """Answers so far with the network and without it."""
        completions = self.client.request("inkling/status")["completions"]
        return completions["withNetwork"], completions["withoutNetwork"]


def typing(document, line, options, edits_at=None):
    """Types code letter by letter from the start of a new line on, asking after each letter.

    edits_at: the line that is typed into, when it is not the one asked about."""
    column, taken = 0, []
    target = line if edits_at is None else edits_at
    document.insert(target, 0, "\n")
    ask_line, ask_column = (line, None) if edits_at is None else (line + 1, 4)
    before = document.counts()
    deadline = time.perf_counter()
    for number in range(int(options.seconds * options.rate)):
        letter = TYPED[number % len(TYPED)]
        document.insert(target, column, letter)
        if letter == "\n":
            target, column = target + 1, 0
            ask_line += 1
        else:
            column += 1
        taken.append(document.ask(ask_line, column if edits_at is None else ask_column))
        deadline += 1 / options.rate
        time.sleep(max(0, deadline - time.perf_counter()))
    result = quantiles(taken)
    with_network, without = (after - before for after, before in zip(document.counts(), before))
    result["networkShare"] = round(with_network / (with_network + without), 4) if with_network + without else None
    return result


def jumps(document, options):
    """An edit at the top and a completion at the far end at once; and again until the network backs it."""
    first, backed = [], []
    for number in range(20):
        before = document.counts()
        start = time.perf_counter()
        document.insert(0, number, "x")
        line = document.line_count - 2 - 40 * number
        first.append(document.ask(line, 2))
        after = document.counts()
        while after[0] == before[0] and after[1] > before[1] and time.perf_counter() - start < 5:
            time.sleep(0.005)
            document.ask(line, 2)
            after = document.counts()
        if after != before:
            backed.append(time.perf_counter() - start)
        time.sleep(0.3)
    return {"firstAnswer": quantiles(first), "untilNetwork": quantiles(backed) if backed else None}


def wait_until_idle(client):
    """Waits until the server has used no processor time for a while; the seconds of it that it used."""
    def ticks():
        with open(f"/proc/{client.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    start = last = ticks()
    quiet = 0
    while quiet < 3:
        time.sleep(0.2)
        now = ticks()
        quiet = quiet + 1 if now - last < 1 else 0
        last = now
    return (last - start) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inkling")
    parser.add_argument("--model")
    parser.add_argument("--file", action="append", help="text of the document; may be given again")
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20, help="of typing at each place")
    parser.add_argument("--rate", type=float, default=10, help="keystrokes a second")
    options = parser.parse_args()
    command = [options.inkling, "serve"] + (["--model", options.model] if options.model else [])
    start = time.perf_counter()
    client = Client(command)
    client.initialize({"textDocument": {"diagnostic": {}}})
    initialized = time.perf_counter() - start
    fresh = client.request("inkling/status")["residentBytes"]
    lines = text_of(options)
    start = time.perf_counter()
    client.open(URI, "\n".join(lines), "swift")
    client.completion(URI, len(lines) // 2, 4)
    first = time.perf_counter() - start
    processor = wait_until_idle(client)
    ready = client.request("inkling/status")
    document = Document(client, lines)
    result = {
        "lines": len(lines), "initializeMilliseconds": round(1000 * initialized, 2),
        "freshResidentMegabytes": round(fresh / 1e6, 1), "firstCompletionMilliseconds": round(1000 * first, 2),
        "openingProcessorSeconds": round(processor, 2), "openingTokens": sum(
            model["countedTokens"] for model in ready["models"]),
        "openedResidentMegabytes": round(ready["residentBytes"] / 1e6, 1),
        "typingAtEnd": typing(document, len(lines) - 1, options),
        "typingInMiddle": typing(document, len(lines) // 2, options),
        "typingAtStart": typing(document, 0, options),
        "typingAtStartAskingAtEnd": typing(document, len(lines) - 50, options, edits_at=0),
        "jump": jumps(document, options),
    }
    status = client.request("inkling/status")
    result["completions"] = status["completions"]
    result["serverMeasured"] = status["latencies"].get("textDocument/completion")
    result["residentMegabytes"] = round(status["residentBytes"] / 1e6, 1)
    result["exitStatus"] = client.stop()
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
