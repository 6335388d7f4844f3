"""Messages altered at random, and framing that is none, sent to the program itself: it answers the next good request each
time, in little memory."""
import json
import os
import pathlib
import random
import subprocess
import threading

import pytest

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")
COUNT = 400_000 if "INKLING_LONG_TESTS" in os.environ else 6_000
BATCH = 500
MEGABYTES_BEYOND = 64

PLACE = {"textDocument": {"uri": "file:///x/f.py"}, "position": {"line": 1, "character": 2}}
RANGE = {"start": {"line": 0, "character": 1}, "end": {"line": 1, "character": 0}}
OPEN = {"textDocument": {"uri": "file:///x/f.py", "languageId": "python", "version": 1,
                         "text": "def one(two):\n    😀 = two\n"}}
SEEDS = [
    ("textDocument/didOpen", OPEN),
    ("textDocument/didChange", {"textDocument": {"uri": "file:///x/f.py", "version": 3},
                                "contentChanges": [{"range": RANGE, "text": "x"}]}),
    ("textDocument/didChange", {"textDocument": {"uri": "file:///x/f.py", "version": 4},
                                "contentChanges": [{"text": OPEN["textDocument"]["text"]}]}),
    ("textDocument/didSave", {"textDocument": {"uri": "file:///x/f.py"}}),
    ("textDocument/didClose", {"textDocument": {"uri": "file:///x/f.py"}}),
    ("textDocument/completion", PLACE), ("textDocument/hover", PLACE), ("textDocument/inlineCompletion", PLACE),
    ("inkling/complete", {**PLACE, "limit": 5}), ("inkling/score", {**PLACE, "range": RANGE}), ("inkling/status", {}),
    ("textDocument/diagnostic", PLACE), ("textDocument/semanticTokens/full", PLACE),
    ("textDocument/semanticTokens/range", {**PLACE, "range": RANGE}),
    ("textDocument/codeAction", {**PLACE, "range": RANGE, "context": {"diagnostics": [], "only": ["quickfix"]}}),
    ("completionItem/resolve", {"label": "two", "data": {"uri": "file:///x/f.py"}}),
    ("workspace/executeCommand", {"command": "inkling.explain", "arguments": [{"word": "two", **PLACE}]}),
    ("workspace/didChangeConfiguration", {"settings": {"inkling": {"completion": {"limit": 5}, "model": None}}}),
    ("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [{"uri": "file:///y", "name": "y"}]}}),
    ("workspace/didChangeWatchedFiles", {"changes": [{"uri": "file:///x/g.py", "type": 2}]}),
    ("notebookDocument/didOpen", {"notebookDocument": {"uri": "file:///x/n", "version": 1, "notebookType": "n", "cells": []},
                                  "cellTextDocuments": [{**OPEN["textDocument"], "uri": "cell:1"}]}),
    ("notebookDocument/didChange", {"notebookDocument": {"uri": "file:///x/n", "version": 2}, "change": {"cells": {
        "structure": {"array": {"start": 0, "deleteCount": 0}, "didOpen": [OPEN["textDocument"]]},
        "textContent": [{"document": {"uri": "cell:1", "version": 2}, "changes": [{"text": "a"}]}]}}}),
    ("$/cancelRequest", {"id": 7}), ("$/setTrace", {"value": "off"}), ("window/workDoneProgress/cancel", {"token": "a"}),
]
VALUES = [None, True, -1, 0, 1.5, 1e308, 2 ** 31, 2 ** 63 - 1, -2 ** 63, 2 ** 64, "", "x", "\0", "😀", "file:///", "file:///proc/self/mem",
          "../..", "x" * 5000, [], {}, [[[[]]]], {"uri": {}}, list(range(300)), "\u202e", "𝒳" * 40]


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], path + (key,))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from places(value[index], path + (index,))


def altered(message, source):
    message = json.loads(json.dumps(message))
    path = source.choice(list(places(message)))
    if not path:
        return source.choice(VALUES)
    parent = message
    for step in path[:-1]:
        parent = parent[step]
    if source.random() < 0.25:
        del parent[path[-1]]
    elif source.random() < 0.2 and isinstance(parent, dict):
        parent[source.choice(["uri", "text", "range", "id", "line", "é"])] = parent.pop(path[-1])
    else:
        parent[path[-1]] = source.choice(VALUES)
    return message


def framed(content):
    return b"Content-Length: %d\r\n\r\n%s" % (len(content), content)


def hostile(number, source):
    method, params = source.choice(SEEDS)
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    if source.random() < 0.7:
        message["id"] = source.choice([number, str(number), 1])
    for _ in range(source.choice([0, 1, 1, 2, 3])):
        if isinstance(message, dict):
            message = altered(message, source)
    # It would be obeyed, and rightly.
    if isinstance(message, dict) and message.get("method") in ("exit", "shutdown"):
        return b""
    content = json.dumps(message, ensure_ascii=source.random() < 0.5).encode("utf-8", "surrogatepass")
    kind = source.random()
    if kind < 0.1 and content:
        content = bytearray(content)
        for _ in range(source.choice([1, 5])):
            content[source.randrange(len(content))] = source.randrange(256)
        content = bytes(content)
    elif kind < 0.13:
        content = content[:source.randrange(len(content) + 1)]
    elif kind < 0.15:
        return source.choice([
            b"Content-Length: -5\r\n\r\n", b"Content-Length: 99999999999999999999\r\n\r\n", b"Content-Length: x\r\n\r\n", b"\r\n\r\n",
            b"X: y\r\n\r\n", b"Content-Type: z\r\nContent-Length: 2\r\n\r\n{}", b"content-length:2\r\n\r\n[]",
            b"Content-Length: 3\r\nContent-Length: 2\r\n\r\n{} ", b"Content-Length: 0\r\n\r\n", b"Content-Length: 4\r\n\r\n\xff\xfe\x00\x00"])
    elif kind < 0.155:
        content = b"[" * source.choice([10, 5000, 50_000])
    elif kind < 0.1555:
        content = json.dumps({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {
            **OPEN["textDocument"], "text": source.choice(["(", "\"", "x ", "\n", "😀", "a" * 40 + " "]) * 50_000}}}).encode()
    return framed(content)


class Server:
    def __init__(self, environment):
        self.process = subprocess.Popen([INKLING, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, env=environment)
        self.answered = {}
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        output = self.process.stdout
        while header := output.readline():
            while (line := output.readline()) not in (b"\r\n", b""):
                pass
            content = output.read(int(header.split(b":")[1]))
            if b'"probe' in content[:80] or b'"probe' in content[-80:]:
                message = json.loads(content)
                with self.news:
                    self.answered[message["id"]] = message
                    self.news.notify_all()
        with self.news:
            self.answered = None
            self.news.notify_all()

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def request(self, name, method, params):
        self.send(framed(json.dumps({"jsonrpc": "2.0", "id": name, "method": method, "params": params}).encode()))
        with self.news:
            assert self.news.wait_for(lambda: self.answered is None or name in self.answered, timeout=60), "no answer"
            assert self.answered is not None, f"the server ended: {self.process.wait()}"
            return self.answered.pop(name)

    def kilobytes(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmHWM:"):
                return int(line.split()[1])


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads /proc")
@pytest.mark.parametrize("seed", [1, 2] if COUNT > 10_000 else [1])
def test_the_next_good_request_is_answered(tmp_path, seed):
    environment = dict(os.environ, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path))
    server = Server(environment)
    source = random.Random(seed)
    try:
        server.request("probe", "initialize", {"processId": None, "initializationOptions": {"train": {"workspace": False}},
                                               "capabilities": {"textDocument": {"semanticTokens": {}, "inlineCompletion": {}}}})
        good = {"textDocument": {"uri": "file:///good/g.txt", "languageId": "plaintext", "version": 1, "text": "good goods, go"}}
        base = server.kilobytes()
        largest = 0
        for batch in range(COUNT // (2 if COUNT > 10_000 else 1) // BATCH):
            data = b"".join(hostile(batch * BATCH + number, source) for number in range(BATCH))
            largest = max(largest, len(data))
            server.send(data)
            for method, params in [("didClose", good), ("didOpen", good)]:
                server.send(framed(json.dumps({"jsonrpc": "2.0", "method": "textDocument/" + method, "params": params}).encode()))
            answer = server.request(f"probe{batch}", "inkling/complete", {
                "textDocument": {"uri": "file:///good/g.txt"}, "position": {"line": 0, "character": 14}, "limit": 50})
            assert any(item["text"] == "goods" for item in answer["result"]["items"]), (batch, answer)
            assert server.kilobytes() <= base + MEGABYTES_BEYOND * 1024 + largest // 1024, batch
        server.request("probe-end", "shutdown", None)
        server.send(framed(b'{"jsonrpc":"2.0","method":"exit"}'))
        assert server.process.wait(timeout=30) == 0
    finally:
        server.process.kill()
