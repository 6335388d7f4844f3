#!/usr/bin/env python3
"""Measures how long a completion takes over standard input and output, from the request's first byte to the
answer's last, in a long document right after an edit at its top and right after one at the cursor.

    python3 Tests/protocol/latency.py .build/release/inkling [--model DIR] [--lines 10000] [--rounds 500]

Prints one JSON object: milliseconds by kind of edit, what the server itself measured, and its memory.
"""
import argparse
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from lsp_client import Client  # noqa: E402


def text_of(lines, seed):
    """Code-like text of so many lines, the same every time."""
    source = random.Random(seed)
    names = [source.choice("abcdefgh") + "".join(source.choices("aeioulnrst", k=source.randint(2, 9)))
             for _ in range(2000)]
    shapes = ["  let {0} = {1}.{2}({3})", "  if {0} < {1} {{ return {2} }}", "func {0}({1}: {2}) -> {3} {{", "}}",
              "  // {0} {1} {2} {3}", "  {0}.{1}[{2}] = {3} + 1", "  for {0} in {1}.{2} {{", ""]
    return [source.choice(shapes).format(*source.choices(names, k=4)) for _ in range(lines)]


def quantiles(seconds):
    ordered = sorted(seconds)
    pick = lambda share: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)
    return {"median": pick(0.5), "p99": pick(0.99), "maximum": round(1000 * ordered[-1], 3), "count": len(ordered)}


def measure(client, uri, lines, rounds, pause, edit):
    taken, version = [], 2
    for number in range(rounds):
        line, character, typed = edit(number)
        client.change(uri, version, line, character, typed)
        version += 1
        cursor = len(lines) - 1 if edit.at_top else line
        start = time.perf_counter()
        client.completion(uri, cursor, edit.column(number))
        taken.append(time.perf_counter() - start)
        time.sleep(pause)
    return quantiles(taken)


class AtTop:
    """A word typed letter by letter in the first line, completed in the last."""
    at_top = True
    word = "counter "

    def __call__(self, number):
        return 0, number, self.word[number % len(self.word)]

    def column(self, number):
        return 4


class AtCursor:
    """A word typed letter by letter in a line in the middle, completed there."""
    at_top = False
    word = "let counter = "

    def __init__(self, line):
        self.line = line

    def __call__(self, number):
        return self.line, number, self.word[number % len(self.word)]

    def column(self, number):
        return number + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inkling")
    parser.add_argument("--model")
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--pause", type=float, default=0.01, help="seconds between keystrokes")
    options = parser.parse_args()
    command = [options.inkling, "serve"] + (["--model", options.model] if options.model else [])
    start = time.perf_counter()
    client = Client(command)
    client.initialize()
    initialized = time.perf_counter() - start
    fresh = client.request("inkling/status")["residentBytes"]
    lines = text_of(options.lines, 1)
    start = time.perf_counter()
    client.open("file:///tmp/long.swift", "\n".join(lines), "swift")
    client.completion("file:///tmp/long.swift", len(lines) // 2, 4)
    first = time.perf_counter() - start
    time.sleep(3)
    uri = "file:///tmp/long.swift"
    result = {
        "lines": options.lines, "initializeMilliseconds": round(1000 * initialized, 2),
        "freshResidentMegabytes": round(fresh / 1e6, 1), "firstCompletionMilliseconds": round(1000 * first, 2),
        "editAtTop": measure(client, uri, lines, options.rounds, options.pause, AtTop()),
        "editAtCursor": measure(client, uri, lines, options.rounds, options.pause, AtCursor(len(lines) // 2)),
    }
    status = client.request("inkling/status")
    result["serverMeasured"] = status["latencies"].get("textDocument/completion")
    result["residentMegabytes"] = round(status["residentBytes"] / 1e6, 1)
    result["exitStatus"] = client.stop()
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
