"""How many of the ranges that a parser gives around a place are among those of `textDocument/selectionRange`.

    python3 Benchmarks/selection_ranges.py --bin .build/release --language swift|python|c [--places 500] [--show N] FILE...

At random names, keywords and numbers of the files (not in comments or strings) the ranges of all nodes of the parser's tree that
hold the token are looked for in the server's answer: Python's from `ast`, C's from clangd's own `textDocument/selectionRange`, Swift's
from swift-syntax as the toolchain has it (sourcekit-lsp 6.3 answers no `textDocument/selectionRange`; it is the parser inside it), its
expressions, statements, declarations, types, patterns, parameters, arguments, clauses, blocks and lists, operators folded by the standard
precedences. Prints the share found, by kind of node what is missing most, and the times of the answers, one place a request.
"""

import argparse
import ast
import bisect
import collections
import io
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import tokenize

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "protocol"))
from lsp_client import Client  # noqa: E402

UTF8 = {"general": {"positionEncodings": ["utf-8"]}}


class Text:
    """A file's bytes with the starts of its lines."""

    def __init__(self, path):
        self.path = os.path.abspath(path)
        self.bytes = pathlib.Path(path).read_bytes()
        self.starts = [0] + [match.end() for match in re.finditer(rb"\n", self.bytes)]

    def offset(self, line, column):
        return self.starts[line] + column

    def position(self, offset):
        line = bisect.bisect_right(self.starts, offset) - 1
        return {"line": line, "character": offset - self.starts[line]}

    def range(self, range):
        return (self.offset(range["start"]["line"], range["start"]["character"]),
                self.offset(range["end"]["line"], range["end"]["character"]))


class PythonParser:
    """The nodes of `ast`."""

    def __init__(self, texts):
        self.nodes = {}
        for text in texts:
            self.nodes[text.path] = [
                (text.offset(node.lineno - 1, node.col_offset), text.offset(node.end_lineno - 1, node.end_col_offset),
                 type(node).__name__)
                for node in ast.walk(ast.parse(text.bytes)) if getattr(node, "end_lineno", None)]

    def around(self, text, place):
        return [node for node in self.nodes[text.path] if node[0] <= place < node[1]]

    @staticmethod
    def tokens(text):
        for token in tokenize.tokenize(io.BytesIO(text.bytes).readline):
            if token.type in (tokenize.NAME, tokenize.NUMBER):
                line = text.bytes[text.starts[token.start[0] - 1]:].split(b"\n", 1)[0].decode()
                yield text.offset(token.start[0] - 1, len(line[:token.start[1]].encode()))


def words(text):
    """Where words and numbers begin outside comments and strings, of languages like C."""
    pattern = re.compile(rb'//[^\n]*|/\*.*?\*/|"""(?:\\.|[^\\])*?"""|#?"(?:\\.|[^"\\\n])*"#?|\'(?:\\.|[^\'\\\n])*\'|'
                         rb'^[ \t]*#(?:\\\n|[^\n])*|([A-Za-z_]\w*|\d[\w.]*)', re.S | re.M)
    swift = re.compile(pattern.pattern.replace(rb"|'(?:\\.|[^'\\\n])*'", b"").replace(rb"^[ \t]*#(?:\\\n|[^\n])*|", b""),
                       re.S | re.M)
    for match in (swift if text.path.endswith(".swift") else pattern).finditer(text.bytes):
        if match[1]:
            yield match.start(1)


class SwiftParser:
    """The nodes of swift-syntax, from `SyntaxRanges/SyntaxRanges.swift`."""

    tokens = staticmethod(words)
    # What is selected by nobody: lists of one kind of thing that another node has as a whole, and wrappers.
    LEFT_OUT = {"sourceFile", "accessorDeclList", "declModifier", "importPathComponentList"}

    def __init__(self, texts):
        compiler = subprocess.run(["which", "swiftc"], capture_output=True, text=True, check=True).stdout.strip()
        host = pathlib.Path(os.path.realpath(compiler)).parents[1] / "lib" / "swift" / "host"
        with tempfile.TemporaryDirectory() as folder:
            tool = os.path.join(folder, "syntax-ranges")
            subprocess.run(
                ["swiftc", "-parse-as-library", "-O", "-I", host, "-L", host, "-lSwiftSyntax", "-lSwiftParser", "-lSwiftOperators",
                 "-Xlinker", "-rpath", "-Xlinker", host, ROOT / "Benchmarks" / "SyntaxRanges" / "SyntaxRanges.swift", "-o", tool],
                check=True)
            output = subprocess.run([tool], input="".join(text.path + "\n" for text in texts), capture_output=True, text=True,
                                    check=True).stdout
        self.nodes = {text.path: json.loads(line) for text, line in zip(texts, output.splitlines())}

    def around(self, text, place):
        return [tuple(node) for node in self.nodes[text.path]
                if node[0] <= place < node[1] and node[2] not in self.LEFT_OUT]


class CParser:
    """What clangd answers to the same request."""

    tokens = staticmethod(words)

    def __init__(self, texts):
        self.client = Client(["clangd", "--log=error"], stderr=subprocess.DEVNULL)
        self.client.initialize(UTF8)
        for text in texts:
            self.client.open(f"file://{text.path}", text.bytes.decode(), "c")

    def around(self, text, place):
        answer = self.client.request("textDocument/selectionRange", {
            "textDocument": {"uri": f"file://{text.path}"}, "positions": [text.position(place)]}, timeout=120)
        # An empty range is all that it says of what the preprocessor takes away.
        return [(*text.range(range), "") for range in chain(answer[0]) if range["start"] != range["end"]]


def chain(selection):
    while selection:
        yield selection["range"]
        selection = selection.get("parent")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--language", choices=["swift", "python", "c"], required=True)
    parser.add_argument("--places", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many ranges that are missing")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    texts = [Text(path) for path in options.files]
    reference = {"swift": SwiftParser, "python": PythonParser, "c": CParser}[options.language](texts)
    generator = random.Random(options.seed)
    places = [(text, place) for text in texts for place in reference.tokens(text)]
    generator.shuffle(places)
    client = Client([os.path.join(os.path.abspath(options.bin), "inkling"), "serve"])
    client.initialize(UTF8)
    opened, times, shown, used = set(), [], 0, 0
    found, total, missing, lengths = 0, 0, collections.Counter(), []
    for text, place in places:
        expected = {}
        for start, end, kind in reference.around(text, place):
            expected.setdefault((start, end), kind)
        if not expected:
            continue
        uri = f"file://{text.path}"
        if uri not in opened:
            opened.add(uri)
            client.open(uri, text.bytes.decode(), options.language)
            time.sleep(0.5)
        begin = time.perf_counter()
        answer = client.request("textDocument/selectionRange", {
            "textDocument": {"uri": uri}, "positions": [text.position(place)]})
        times.append((time.perf_counter() - begin) * 1000)
        ours = [text.range(range) for range in chain(answer[0])]
        assert all(a[0] >= b[0] and a[1] <= b[1] and a != b for a, b in zip(ours, ours[1:])), ours
        lengths.append(len(ours))
        for node, kind in expected.items():
            total += 1
            if node in ours:
                found += 1
                continue
            missing[kind] += 1
            if shown < options.show:
                shown += 1
                quoted = text.bytes[node[0]:node[1]].decode(errors="replace")
                line = text.position(place)["line"] + 1
                print(f"{os.path.basename(text.path)}:{line}: {text.bytes[place:place + 12]!r} {kind} {quoted[:150]!r}")
        used += 1
        if used == options.places:
            break
    client.stop()
    times.sort()
    print(f"{options.language}: {100 * found / total:.1f} % of {total} ranges at {used} places of {len(texts)} files; "
          f"ours {sum(lengths) / len(lengths):.1f} a place; median {times[len(times) // 2]:.2f} ms, "
          f"99th percentile {times[len(times) * 99 // 100]:.2f} ms, longest {times[-1]:.2f} ms")
    print("missing:", dict(missing.most_common(12)))


if __name__ == "__main__":
    main()
