"""`inkling proxy` between a client and another server: what passes, what is put in order, and what becomes of either's end."""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")
FAKE = [sys.executable, str(pathlib.Path(__file__).parent / "fake_server.py")]
URI = "file:///tmp/inkling-proxy/a.swift"
TEXT = "let total = count(items)\nlet total = count(items)\nlet last = "
LONG = bool(os.environ.get("INKLING_LONG_TESTS"))
COMPLETES = {"textDocument": {"completion": {}}}


class Session:
    """A client of a fake server with the proxy between them."""

    def __init__(self, folder, options=(), capabilities=None):
        self.log = folder / "log"
        command = [INKLING, "proxy", *options, "--", *FAKE, str(self.log)]
        if capabilities is not None:
            command.append(json.dumps(capabilities))
        # Whoever runs tests in the background has SIGINT ignored, and so would they.
        self.client = Client(command, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def start(self):
        result = self.client.initialize(COMPLETES)
        self.server = result["processId"]
        self.client.open(URI, TEXT, "swift")
        return result

    def complete(self, **more):
        return self.client.request(
            "textDocument/completion",
            {"textDocument": {"uri": URI}, "position": {"line": 2, "character": 11}, "context": {"triggerKind": 1},
             **more})


@pytest.fixture
def session(tmp_path):
    started = Session(tmp_path)
    yield started
    started.client.process.kill()


def is_alive(process):
    try:
        os.kill(process, 0)
        return True
    except ProcessLookupError:
        return False


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_ranks_and_passes(session):
    result = session.start()
    assert result["capabilities"] == {"completionProvider": {}, "positionEncoding": "utf-16"}
    items = session.complete()
    assert [item["label"] for item in items] == ["count", "zebra"]
    assert [item["data"] for item in items] == [2, 1]
    assert items[0]["sortText"] < items[1]["sortText"]
    odd = {"a": [1.0, 2**62, "é\u0000😀"], "": None}
    assert session.client.request("echo", odd) == odd
    # A request of the server's and its answer.
    session.client.handlers["workspace/configuration"] = lambda params: [params["items"]]
    session.client.notify("ask", {"items": [1]})
    session.client.wait_for("workspace/configuration")
    assert session.client.stop() == 0
    received = session.log.read_bytes()
    assert b'"id": "s1", "result": [[1]]' in received
    assert b"inkling" not in received.replace(b"inkling-proxy", b"")


def test_every_byte_to_the_server(session):
    session.start()
    before = len(session.log.read_bytes())
    pieces = [b"junk\r\n", b"Content-Length: 3\r\nX: y\r\n\r\n{]}", b"content-length: z\r\n\r\n", b"\xff\x00\xfe",
              b"Content-Length: 5\r\n\r\n{", b'Content-Length: 24\r\n\r\n{"jsonrpc":"2.0","x": 1}']
    for piece in pieces:
        session.client.write(piece)
    assert session.client.request("echo", ["still there"]) == ["still there"]
    assert b"".join(pieces) in session.log.read_bytes()[before:]


def test_every_byte_to_the_client(tmp_path):
    process = subprocess.Popen([INKLING, "proxy", "--", *FAKE, str(tmp_path / "log")], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    raw = "no header\r\n\r\nContent-Length: 4\r\n\r\n{\"x\"Content-Length: 2\r\nA: \xff\r\n\r\n[]\x00"
    content = json.dumps({"jsonrpc": "2.0", "method": "raw", "params": {"text": raw}}).encode()
    out, _ = process.communicate(b"Content-Length: %d\r\n\r\n%s" % (len(content), content), timeout=20)
    assert out.startswith(raw.encode("latin-1"))
    assert process.returncode == 1


def test_completes_where_the_server_does_not(tmp_path):
    session = Session(tmp_path, capabilities={})
    assert "completionProvider" in session.start()["capabilities"]
    session.client.open(URI + "x", TEXT + "co", "swift")
    items = session.client.completion(URI + "x", 2, 13)["items"]
    assert items[0]["label"] == "count"
    resolved = session.client.request("completionItem/resolve", items[0])
    assert resolved["label"] == "count"
    assert session.client.stop() == 0
    assert b"textDocument/completion" not in session.log.read_bytes().split(b"initialized")[1]


def test_joins_answers_where_asked(tmp_path):
    """Hovers by an option, the heat map by a setting; what is not asked for stays the server's."""
    session = Session(tmp_path, ["--hover"], {
        "completionProvider": {}, "hoverProvider": True, "codeActionProvider": True,
        "semanticTokensProvider": {"legend": {"tokenTypes": ["x"], "tokenModifiers": []}, "full": {"delta": True}}})
    client = session.client
    result = client.initialize({"textDocument": {
        "completion": {}, "hover": {"contentFormat": ["markdown"]}, "codeAction": {"codeActionLiteralSupport": {}},
        "semanticTokens": {}}}, {"inkling": {"proxy": {"semanticTokens": True}}})
    provider = result["capabilities"]["semanticTokensProvider"]
    assert provider["legend"]["tokenTypes"][:2] == ["x", "inklingHeat1"] and provider["full"] is True
    client.open(URI, TEXT + "zyxwvut", "swift")
    document = {"textDocument": {"uri": URI}}
    place = {**document, "position": {"line": 2, "character": 13}}
    theirs = {"contents": {"kind": "markdown", "value": "theirs"}}
    hover = client.request("textDocument/hover", {**place, "answer": theirs})["contents"]["value"]
    assert hover.startswith("theirs\n\n---\n\n`zyxwvut`: ")
    actions = client.request("textDocument/codeAction", {
        **document, "range": {"start": place["position"], "end": place["position"]}, "context": {"diagnostics": []},
        "answer": [{"title": "theirs"}]})
    assert actions == [{"title": "theirs"}]
    # A late heat map is not waited for: another request finds it.
    assert wait_until(lambda: any(client.request("textDocument/semanticTokens/full", {
        **document, "answer": {"data": [2, 0, 3, 0, 0]}})["data"][3::5]))
    assert client.stop() == 0


def test_the_server_ends(session):
    session.start()
    waiting = session.client.start("hover", {})
    session.client.notify("end", {"status": 7})
    assert "ended with status 7" in session.client.wait(waiting)["error"]["message"]
    while "ended with status 7" not in session.client.wait_for("window/logMessage")["message"]:
        pass
    assert session.client.process.wait(timeout=10) == 7


def test_the_server_is_killed_and_inkling_goes_on(tmp_path):
    for turn in range(200 if LONG else 4):
        outlives = turn % 2 == 0
        folder = tmp_path / str(turn)
        folder.mkdir()
        session = Session(folder, ["--outlive"] if outlives else [])
        session.start()
        requests = [session.client.start("echo", [turn]) for _ in range(20)]
        time.sleep(random.Random(turn).random() * 0.004)
        os.kill(session.server, signal.SIGKILL)
        try:
            requests.append(session.client.start("echo", ["late"]))
        except BrokenPipeError:
            assert not outlives
        try:
            for request in requests:
                answer = session.client.wait(request)
                assert answer.get("result") == [turn] or "ended" in answer["error"]["message"]
        except EOFError:
            # What the proxy had not read when it ended.
            assert not outlives
        while "signal 9" not in session.client.wait_for("window/logMessage")["message"]:
            pass
        if outlives:
            assert session.complete()["items"]
            assert session.client.stop() == 0
        else:
            assert session.client.process.wait(timeout=10) == 128 + 9


def test_the_client_goes_away(session):
    session.start()
    session.client.process.stdin.close()
    assert session.client.process.wait(timeout=10) == 1
    assert not is_alive(session.server)


def test_a_server_that_does_not_listen_is_ended(session):
    session.start()
    session.client.notify("sleep", {"seconds": 60})
    session.client.process.stdin.close()
    assert session.client.process.wait(timeout=15) == 128 + signal.SIGTERM
    assert not is_alive(session.server)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_both(session, number):
    session.start()
    session.client.process.send_signal(number)
    session.client.process.wait(timeout=10)
    assert wait_until(lambda: not is_alive(session.server))


def test_a_server_that_is_not_there():
    done = subprocess.run([INKLING, "proxy", "--", "/nowhere/server"], capture_output=True, text=True, timeout=10)
    assert done.returncode == 1 and "/nowhere/server" in done.stderr
    assert subprocess.run([INKLING, "proxy"], capture_output=True, timeout=10).returncode == 2


def test_bad_messages_harm_no_good_ones(tmp_path):
    """Mutated messages from both sides among good ones: either side gets what it gets without the proxy, to the byte."""
    generator = random.Random(3)

    def framed(message):
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        return b"Content-Length: %d\r\n\r\n%s" % (len(content), content)

    def mutated(number):
        content = bytearray(framed({"id": number, "method": "echo", "params": [number]}))
        for _ in range(generator.randint(1, 4)):
            place = generator.randrange(len(content))
            content[place:place + generator.randint(0, 3)] = generator.randbytes(generator.randint(0, 3))
        return bytes(content)

    pieces = [framed({"id": "i", "method": "initialize", "params": {"capabilities": COMPLETES}})]
    for number in range(100_000 if LONG else 3000):
        if number % 2:
            pieces.append(mutated(number))
        else:
            pieces.append(framed({"method": "raw", "params": {"text": mutated(number).decode("latin-1")}}))
        # A header that promises too much takes the next message with it, with the proxy and without.
        pieces.append(framed({"id": number, "method": "echo", "params": ["good"]}))
    stream = b"".join(pieces)
    outputs, logs = [], []
    for name, before in (("direct", []), ("between", [INKLING, "proxy", "--"])):
        log = tmp_path / name
        done = subprocess.run([*before, *FAKE, str(log)], input=stream, stdout=subprocess.PIPE, timeout=300)
        outputs.append(re.sub(rb'"processId": \d+', b"", done.stdout))
        logs.append(log.read_bytes())
    assert logs[0] == logs[1] == stream
    assert outputs[0].count(b'["good"]') > 0.9 * outputs[0].count(b"result")
    assert re.sub(rb"Content-Length: \d+", b"", outputs[1]).startswith(re.sub(rb"Content-Length: \d+", b"", outputs[0]))


def test_added_latency(session, tmp_path):
    """What the proxy adds to an answer that it only passes on, and to one that it ranks."""
    session.start()
    items = [{"label": f"name{n}", "sortText": str(n)} for n in range(300)] + [{"label": "count"}]
    direct = Client([*FAKE, str(tmp_path / "direct")])
    direct.initialize(COMPLETES)
    count = 1000 if LONG else 100

    def times(client):
        result = []
        for _ in range(count):
            start = time.perf_counter()
            client.request("textDocument/completion", {
                "textDocument": {"uri": URI}, "position": {"line": 2, "character": 11}, "items": items})
            result.append((time.perf_counter() - start) * 1000)
        return sorted(result)

    without, between = times(direct), times(session.client)
    added = [between[int(count * part)] - without[int(count * part)] for part in (0.5, 0.99)]
    print(f"added by the proxy: median {added[0]:.2f} ms, 99th percentile {added[1]:.2f} ms")
    direct.process.kill()
    # A loaded machine must not fail the test.
    assert not LONG or added[0] < 30


def server(name):
    """Where a language server is: beside the tests' Python or on the path; nil where it is not."""
    return shutil.which(name, path=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]))


PYTHON = "import os\nimport sys\n\ndef first(path):\n    return os.path.join(path, sys.prefix)\n\nfirst(os.\n"
CPP = "struct Point { int x; int y; int sum() const { return x + y; } };\nint first(Point point) { return point.sum(); }\n" \
    "int main() {\n  Point point{1, 2};\n  return first(point) + point.\n}\n"
SWIFT = "struct Point { var x = 1; var y = 2; func sum() -> Int { x + y } }\nfunc first(_ point: Point) -> Int { point.sum() }\n" \
    "let point = Point()\nprint(first(point) + point.)\n"


@pytest.mark.skipif(not LONG, reason="INKLING_LONG_TESTS=1")
@pytest.mark.parametrize("command, name, text, completed, known", [
    (["pylsp"], "a.py", PYTHON, (6, 9), (4, 20)),
    (["jedi-language-server"], "a.py", PYTHON, (6, 9), (4, 20)),
    (["clangd", "--log=error"], "a.cpp", CPP, (4, 30), (1, 45)),
    (["sourcekit-lsp"], "a.swift", SWIFT, (3, 27), (1, 45)),
])
def test_a_server_says_the_same(tmp_path, command, name, text, completed, known):
    """A session recorded directly and through the proxy is the same but for the order of completions."""
    path = server(command[0])
    if not path:
        pytest.skip(f"{command[0]} is not installed")
    command = [path, *command[1:]]
    (tmp_path / name).write_text(text)

    def record(command):
        client = Client(command, cwd=tmp_path)
        uri = f"file://{tmp_path}/{name}"
        said = [client.request("initialize", {
            "processId": None, "rootUri": f"file://{tmp_path}", "capabilities": {"textDocument": {
                "completion": {"completionItem": {"snippetSupport": True}}, "hover": {}, "publishDiagnostics": {}}}},
            timeout=60)]
        client.notify("initialized")
        client.open(uri, text, {"py": "python"}.get(name.split(".")[1], name.split(".")[1]))
        # Once it has said what is wrong with the text it has read it.
        said.append(client.wait_for("textDocument/publishDiagnostics", timeout=120))
        said.append(client.request("textDocument/completion", {
            "textDocument": {"uri": uri}, "position": {"line": completed[0], "character": completed[1]}}, timeout=60))
        for method in ("hover", "definition", "signatureHelp", "documentHighlight"):
            answer = client.wait(client.start(f"textDocument/{method}", {
                "textDocument": {"uri": uri}, "position": {"line": known[0], "character": known[1]}}), timeout=60)
            said.append((method, answer.get("result"), answer.get("error")))
        said.append(client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}}, timeout=60))
        client.request("shutdown", timeout=60)
        client.notify("exit")
        said.append(client.process.wait(timeout=60))
        return said

    direct, between = record(command), record([INKLING, "proxy", "--", *command])

    def unordered(completions):
        items = completions["items"] if isinstance(completions, dict) else completions
        return sorted(({**item, "sortText": None, "preselect": None} for item in items),
                      key=lambda item: json.dumps(item, sort_keys=True))

    assert len(unordered(direct[2])) > 2
    direct[2], between[2] = unordered(direct[2]), unordered(between[2])
    assert between == direct
