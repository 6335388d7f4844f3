"""Thousands of documents opened in a burst, as editors do that restore a session or search a folder."""
import os
import pathlib
import random
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")
COUNT = 3000


def anonymous_megabytes(process):
    for line in open(f"/proc/{process}/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    pytest.skip("the system does not say how much memory a process has")


def text(number):
    return f"def handle_{number % 500}(value):\n    total_{number % 700} = value + 1\n    return total_{number % 700}\n"


def opened(client, folder, count):
    """Opens documents and asks for a completion in the last one; how long that took from the beginning."""
    start = time.monotonic()
    for number in range(count):
        client.open(f"file://{folder}/d{number % 100}/f{number}.py", text(number), "python")
    client.request("textDocument/completion", {
        "textDocument": {"uri": f"file://{folder}/d{(count - 1) % 100}/f{count - 1}.py"},
        "position": {"line": 2, "character": 12}}, timeout=120)
    return time.monotonic() - start


def closed(client, folder, count):
    for number in range(count):
        client.notify("textDocument/didClose", {
            "textDocument": {"uri": f"file://{folder}/d{number % 100}/f{number}.py"}})
    client.request("inkling/status")


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads /proc")
def test_thousands_of_documents(tmp_path):
    environment = dict(os.environ, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path))
    client = Client([INKLING, "serve"], env=environment)
    process = client.process.pid
    try:
        client.initialize(options={"train": {"workspace": False}, "diagnostics": {"enabled": False}})
        few = opened(client, tmp_path / "a", COUNT // 10)
        closed(client, tmp_path / "a", COUNT // 10)
        time.sleep(3)
        before = anonymous_megabytes(process)
        many = opened(client, tmp_path / "b", COUNT)
        # Ten times as many take about ten times as long.
        assert many < 30 * max(few, 0.1), (few, many)
        assert anonymous_megabytes(process) - before < 60
        closed(client, tmp_path / "b", COUNT)
        end = time.monotonic() + 30
        while anonymous_megabytes(process) > before + 16 and time.monotonic() < end:
            time.sleep(0.5)
        assert anonymous_megabytes(process) <= before + 16
        assert client.stop() == 0
    finally:
        client.process.kill()


def test_marks_of_many_documents_come_one_after_the_other(tmp_path):
    """Nobody waits for the last document's marks to see the first's, and what closes in between holds nothing up."""
    environment = dict(os.environ, HOME=str(tmp_path), XDG_CACHE_HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path))
    client = Client([INKLING, "serve"], env=environment)
    count = 400
    choice = random.Random(1)
    rare = [f"w{choice.randrange(1 << 32):x}" for _ in range(3000)]
    uris = [f"file://{tmp_path}/n{number}.md" for number in range(count)]
    try:
        client.initialize(options={"train": {"workspace": False}})
        for uri in uris:
            client.open(uri, " ".join(choice.choice(rare) for _ in range(60)), "markdown")
        first = client.wait_for("textDocument/publishDiagnostics")["uri"]
        # A request behind it: how many were pushed by then.
        client.request("inkling/status")
        pushed = {m["params"]["uri"] for m in client.notifications if m["method"] == "textDocument/publishDiagnostics"}
        pushed.add(first)
        assert len(pushed) < count / 2
        closing = set(uris[1::2])
        for uri in closing:
            client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        end = time.monotonic() + 60
        while not set(uris) - closing <= pushed and time.monotonic() < end:
            message = client.receive(timeout=30)
            if message.get("method") == "textDocument/publishDiagnostics":
                pushed.add(message["params"]["uri"])
        assert set(uris) - closing <= pushed
        assert client.stop() == 0
    finally:
        client.process.kill()
