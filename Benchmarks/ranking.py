"""Whether the right completion of another language server is first more often once `inkling proxy` has ranked its list.

    python3 Benchmarks/ranking.py --bin .build/release --model MODEL [--places N] [--json OUT] FILE... -- SERVER [ARGS...]

At places of held-out files where a name behind a dot or a call's name begins, the name and the rest of its line are taken out of
the document and the server is asked, behind a dot with nothing typed, for a call with its first letter. The same questions go
to the server alone and to the proxy before it. A list's order is that of `sortText`. The model has to be one of other
projects. Prints shares over the places where the server's list has the right name.
"""

import argparse
import json
import os
import pathlib
import random
import re
import sys
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


def ask(client, uri, version, text, line, column):
    client.notify("textDocument/didChange", {
        "textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]})
    start = time.perf_counter()
    answer = client.request("textDocument/completion", {
        "textDocument": {"uri": uri}, "position": {"line": line, "character": column}}, timeout=120)
    seconds = time.perf_counter() - start
    items = answer["items"] if isinstance(answer, dict) else answer or []
    items = sorted(enumerate(items), key=lambda pair: (pair[1].get("sortText") or pair[1]["label"], pair[0]))
    return [name_of(item) for _, item in items], seconds


def main():
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
    found = sorted(found[:options.places], key=lambda place: (place[0], place[2]))
    folder = os.path.commonpath([os.path.dirname(os.path.abspath(path)) for path in options.files])
    clients = []
    for command in (server, [inkling, "proxy", "--model", options.model, "--own-items", "never", "--", *server]):
        client = Client(command, cwd=folder)
        client.request("initialize", {
            "processId": None, "rootUri": f"file://{folder}", "capabilities": CAPABILITIES,
            "workspaceFolders": [{"uri": f"file://{folder}", "name": "x"}]}, timeout=60)
        client.notify("initialized")
        clients.append(client)
    records, opened = [], set()
    for version, (path, text, line, column, name, typed, kind) in enumerate(found, 2):
        uri = f"file://{os.path.abspath(path)}"
        lines = text.splitlines()
        lines[line] = lines[line][:column + typed]
        changed = "\n".join(lines) + "\n"
        ranks, seconds, sizes = [], [], []
        for client in clients:
            if (id(client), uri) not in opened:
                opened.add((id(client), uri))
                client.notify("textDocument/didOpen", {"textDocument": {
                    "uri": uri, "languageId": LANGUAGES[os.path.splitext(path)[1]], "version": 1, "text": text}})
                time.sleep(0.5)
            names, took = ask(client, uri, version, changed, line, column + typed)
            ranks.append(names.index(name) + 1 if name in names else None)
            seconds.append(took)
            sizes.append(len(names))
        records.append({"path": path, "line": line + 1, "name": name, "kind": kind, "ranks": ranks, "seconds": seconds,
                        "sizes": sizes})
    for client in clients:
        client.process.kill()
    report(records)
    if options.json:
        pathlib.Path(options.json).write_text("".join(json.dumps(record) + "\n" for record in records))


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
    differ = sum(r["sizes"][0] != r["sizes"][1] for r in records)
    print(f"lists of another length through the proxy: {differ} of {len(records)}")


if __name__ == "__main__":
    main()
