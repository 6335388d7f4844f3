"""Whether the right completion of another language server is first more often once `inkling proxy` has ranked its list.

    python3 Benchmarks/ranking.py --bin .build/release --model MODEL [--places N] [--json OUT] FILE... -- SERVER [ARGS...]

At places of held-out files where a name behind a dot or a call's name begins, the name and the rest of its line are taken out of
the document and the server is asked, behind a dot with nothing typed, for a call with its first letter. The server stands behind
the proxy, and what it says on the way is written down: its own list and the ranked one are of one answer, and nothing is asked
twice. Places are asked in random order, so that what is printed every hundred of them is a sample of all. A list's order is that of
`sortText`. The model has to be one of other projects. Prints shares over the places where the server's list has the right name, and
what the proxy added to the time of an answer.
"""

import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests" / "protocol"))
from lsp_client import Client  # noqa: E402

LANGUAGES = {".py": "python", ".swift": "swift", ".c": "c", ".cpp": "cpp", ".cc": "cpp", ".h": "cpp", ".hpp": "cpp"}
MEMBER = re.compile(r"(?:(?<=\.)|(?<=->))([A-Za-z_]\w+)")
CALL = re.compile(r"(?<![.\w])([A-Za-z_]\w+)(?=\()")
STATEMENTS = {"if", "for", "while", "switch", "return", "def", "class", "func", "init", "catch", "sizeof", "elif", "not", "and", "or",
              "print", "in", "is", "lambda", "assert", "del", "except", "with", "yield", "import", "from"}
CAPABILITIES = {"textDocument": {"completion": {"completionItem": {"snippetSupport": False}, "contextSupport": True}}}


def places(path, text):
    """(line, column, name, letters typed) of every name behind a dot and of every call outside comments and strings."""
    for number, line in enumerate(text.splitlines()):
        if line.lstrip().startswith(("#", "//", "*", "import ", "from ", "def ", "class ", "func ", '"', "'")):
            continue
        code = re.split(r"\s#\s|//", line)[0]
        for pattern, typed, kind in ((MEMBER, 0, "member"), (CALL, 1, "call")):
            for match in pattern.finditer(code):
                before = code[:match.start()]
                if before.count('"') % 2 or before.count("'") % 2 or match[1] in STATEMENTS:
                    continue
                yield number, match.start(), match[1], typed, kind


def name_of(item):
    text = item.get("textEdit", {}).get("newText") or item.get("insertText") or item["label"]
    return re.match(r"\W*(\w*)", text)[1]


def record(path, command):
    """Runs a server, and writes what it says to a file before it goes on, with the time when it came."""
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    with open(path, "wb", buffering=0) as log:
        while line := server.stdout.readline():
            head = line
            while line not in (b"\r\n", b""):
                line = server.stdout.readline()
                head += line
            length = int(re.search(rb"content-length: *(\d+)", head, re.I)[1])
            content = server.stdout.read(length)
            log.write(b"%d %.9f\n%s" % (length, time.monotonic(), content))
            try:
                sys.stdout.buffer.write(head + content)
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                # Who listened has what it wanted.
                os._exit(0)
    return server.wait()


class Recording:
    """What a recorded server has said."""

    def __init__(self, path):
        self.stream = open(path, "rb")

    def answer(self, number):
        """The result of a request that was answered, and when that came."""
        while True:
            length, moment = self.stream.readline().split()
            message = json.loads(self.stream.read(int(length)))
            if message.get("id") == number and "method" not in message:
                return message.get("result"), float(moment)


def names(result):
    """The names of a list in its order."""
    items = result["items"] if isinstance(result, dict) else result or []
    items = sorted(enumerate(items), key=lambda pair: (pair[1].get("sortText") or pair[1]["label"], pair[0]))
    return [name_of(item) for _, item in items]


def ask(client, recording, uri, version, text, line, column):
    """The server's own list, the ranked one, and what the proxy added in seconds."""
    client.notify("textDocument/didChange", {
        "textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]})
    number = client.start("textDocument/completion", {
        "textDocument": {"uri": uri}, "position": {"line": line, "character": column}})
    ranked = client.wait(number, timeout=600).get("result")
    came = time.monotonic()
    own, said = recording.answer(number)
    return names(own), names(ranked), came - said


def main():
    if sys.argv[1:2] == ["--record"]:
        sys.exit(record(sys.argv[2], sys.argv[3:]))
    arguments = sys.argv[1:]
    split = arguments.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--places", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json")
    parser.add_argument("files", nargs="+")
    options, server = parser.parse_args(arguments[:split]), arguments[split + 1:]
    inkling = os.path.join(os.path.abspath(options.bin), "inkling")
    found = []
    for path in options.files:
        text = pathlib.Path(path).read_text(errors="replace")
        found += [(path, text, *place) for place in places(path, text)]
    random.Random(options.seed).shuffle(found)
    found = found[:options.places]
    folder = os.path.commonpath([os.path.dirname(os.path.abspath(path)) for path in options.files])
    with tempfile.TemporaryDirectory() as temporary:
        records = measure(found, inkling, options.model, server, folder, os.path.join(temporary, "server"))
    report(records)
    if options.json:
        pathlib.Path(options.json).write_text("".join(json.dumps(record) + "\n" for record in records))


def measure(found, inkling, model, server, folder, log):
    client = Client(
        [inkling, "proxy", "--model", model, "--own-items", "never", "--", sys.executable, __file__, "--record", log, *server],
        cwd=folder)
    client.request("initialize", {
        "processId": None, "rootUri": f"file://{folder}", "capabilities": CAPABILITIES,
        "workspaceFolders": [{"uri": f"file://{folder}", "name": "x"}]}, timeout=60)
    client.notify("initialized")
    recording = Recording(log)
    records, opened = [], set()
    for version, (path, text, line, column, name, typed, kind) in enumerate(found, 2):
        uri = f"file://{os.path.abspath(path)}"
        lines = text.splitlines()
        lines[line] = lines[line][:column + typed]
        if uri not in opened:
            opened.add(uri)
            client.notify("textDocument/didOpen", {"textDocument": {
                "uri": uri, "languageId": LANGUAGES[os.path.splitext(path)[1]], "version": 1, "text": text}})
            time.sleep(0.5)
        *lists, added = ask(client, recording, uri, version, "\n".join(lines) + "\n", line, column + typed)
        ranks = [list_.index(name) + 1 if name in list_ else None for list_ in lists]
        records.append({"path": path, "line": line + 1, "name": name, "kind": kind, "ranks": ranks, "added": added,
                        "sizes": [len(list_) for list_ in lists]})
        if len(records) % 100 == 0:
            print(f"{len(records)} of {len(found)}", file=sys.stderr)
            report(records)
    client.process.kill()
    return records


def report(records):
    print(f"{'kind':8} {'places':>7} {'listed':>7} {'first: server':>14} {'proxy':>7} {'points':>7} {'among 5':>14} {'proxy':>7}")
    for kind in ("member", "call", "all"):
        rows = [r for r in records if kind in (r["kind"], "all")]
        listed = [r for r in rows if all(r["ranks"])]
        if not listed:
            continue
        first, five = ([100 * sum(r["ranks"][side] <= limit for r in listed) / len(listed) for side in (0, 1)]
                       for limit in (1, 5))
        print(f"{kind:8} {len(rows):7} {len(listed):7} {first[0]:14.1f} {first[1]:7.1f} {first[1] - first[0]:+7.1f} "
              f"{five[0]:14.1f} {five[1]:7.1f}")
    added = sorted(1000 * record["added"] for record in records)
    print(f"added to an answer: median {added[len(added) // 2]:.2f} ms, 99th percentile {added[len(added) * 99 // 100]:.2f} ms; "
          f"lists that lost an item: {sum(r['sizes'][0] != r['sizes'][1] for r in records)}")


if __name__ == "__main__":
    main()
