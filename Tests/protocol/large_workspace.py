#!/usr/bin/env python3
"""Opens a large folder that has no model, as a person does, and types in one of its files: how long until the first
completion, until the workspace's own model is in use, and how long completions take meanwhile, afterwards, and without any training.

    python3 Tests/protocol/large_workspace.py .build/release/inkling FOLDER --file FILE [--rate 10] [--after 10]
        [--limit 180]

FILE is relative to FOLDER. Prints one JSON object. The model goes to a cache folder of its own, which is removed.
"""
import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from lsp_client import Client  # noqa: E402
from latency import quantiles  # noqa: E402

TYPED = "    return index < count ? values[index] : total;\n"


class Typing:
    """Keystrokes at a steady pace in the middle of a document, each with a completion."""

    def __init__(self, client, uri, line, rate):
        self.client, self.uri, self.line, self.rate = client, uri, line, rate
        self.version, self.typed, self.column = 1, 0, 0

    def press(self):
        """One key; how long the completion took."""
        key = TYPED[self.typed % len(TYPED)]
        self.typed += 1
        self.version += 1
        start = time.perf_counter()
        self.client.change(self.uri, self.version, self.line, self.column, key)
        self.line, self.column = (self.line + 1, 0) if key == "\n" else (self.line, self.column + 1)
        self.client.completion(self.uri, self.line, self.column)
        taken = time.perf_counter() - start
        time.sleep(max(0, 1 / self.rate - taken))
        return taken


def line_count(folder):
    """Lines of files that have any, hidden folders aside."""
    total = 0
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            try:
                content = (pathlib.Path(place) / name).read_bytes()
            except OSError:
                continue
            if b"\0" not in content[:8192]:
                total += content.count(b"\n")
    return total


class Server:
    """A server with the folder open, and a file of it."""

    def __init__(self, options, folder, cache, trains):
        self.begun = time.perf_counter()
        self.client = Client([options.inkling, "serve"],
                             env={**os.environ, "XDG_CACHE_HOME": cache, "XDG_DATA_HOME": cache})
        self.client.request("initialize", {
            "processId": os.getpid(), "rootUri": None, "capabilities": {"textDocument": {"diagnostic": {}}},
            "initializationOptions": {"train": {"workspace": trains}},
            "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name}]})
        self.client.notify("initialized")
        text = (folder / options.file).read_text(errors="replace")
        uri = (folder / options.file).as_uri()
        middle = text.count("\n") // 2
        opened = time.perf_counter()
        self.client.open(uri, text, options.language)
        self.items = self.client.completion(uri, middle, 0)["items"]
        self.first = time.perf_counter() - opened
        self.typing = Typing(self.client, uri, middle, options.rate)

    def status(self):
        return self.client.request("inkling/status")


def with_training(options, folder, cache):
    server = Server(options, folder, cache, trains=True)
    before, during, after = [], [], []
    used = training_begun = end = None
    while end is None or time.perf_counter() < end:
        status = server.status()
        now = time.perf_counter() - server.begun
        is_training = status["training"] is not None
        if is_training and training_begun is None:
            training_begun = now
        if used is None and any(model["path"] for model in status["models"]):
            used, end = now, time.perf_counter() + options.after
        if used is None and now > options.limit:
            break
        (after if used is not None else during if is_training else before).append(server.typing.press())
    return {
        "firstCompletionMilliseconds": round(1000 * server.first, 1), "firstItems": len(server.items),
        "trainingBegunSeconds": training_begun and round(training_begun, 1),
        "modelInUseSeconds": used and round(used, 1),
        "whileTraining": quantiles(during) if during else None,
        "withModel": quantiles(after) if after else None,
        "residentMegabytesThen": round(server.status()["residentBytes"] / 1e6, 1),
        "exitStatus": server.client.stop(),
    }


def without_training(options, folder, cache, count):
    """The same keys, as many, with nothing else going on."""
    server = Server(options, folder, cache, trains=False)
    taken = []
    for _ in range(count):
        server.status()
        taken.append(server.typing.press())
    assert server.client.stop() == 0
    return quantiles(taken)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inkling")
    parser.add_argument("folder")
    parser.add_argument("--file", required=True)
    parser.add_argument("--language", help="the language server protocol's name of the file's; c by default", default="c")
    parser.add_argument("--rate", type=float, default=10, help="keystrokes a second")
    parser.add_argument("--after", type=float, default=10, help="seconds of typing once the model is in use")
    parser.add_argument("--limit", type=float, default=180, help="seconds to wait for the model at most")
    options = parser.parse_args()
    folder = pathlib.Path(options.folder).resolve()
    cache = tempfile.mkdtemp(prefix="inkling-cache-")
    try:
        result = {"lines": line_count(folder), **with_training(options, folder, cache)}
        shutil.rmtree(cache)
        count = result["whileTraining"]["count"] if result["whileTraining"] else 100
        result["withoutTraining"] = without_training(options, folder, cache, count)
        print(json.dumps(result, indent=2))
    finally:
        shutil.rmtree(cache, ignore_errors=True)


if __name__ == "__main__":
    main()
