"""How long `inkling/rank` takes with many candidates.

    python3 Benchmarks/rank_latency.py --bin .build/release --model MODEL FILE [--candidates 500] [--requests 500]

Types FILE's words into the middle of it, one letter a time, and asks for a ranking behind each letter. Of the candidates nine in ten
are names of the file and the model, the others are calls with arguments and names that nobody has seen. Prints the time
from writing a request's bytes to having read those of its answer, and the server's own figure for the same requests: what this program
needs to make and to understand JSON is in neither.
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


class TimedClient(Client):
    """Notes when an answer has been read."""

    def _read(self):
        stream = self.process.stdout
        while line := stream.readline():
            while (header := stream.readline()) not in (b"\r\n", b""):
                line += header
            content = stream.read(int(re.search(rb"(?i)content-length: *(\d+)", line)[1]))
            moment = time.perf_counter()
            self.inbox.put({**json.loads(content), "moment": moment})

    def timed(self, method, params):
        """The result, and the milliseconds that it took."""
        number = next(self.ids)
        content = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()
        message = b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
        start = time.perf_counter()
        self.write(message)
        answer = self.wait(number)
        return answer["result"], (answer["moment"] - start) * 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--candidates", type=int, default=500)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("file")
    options = parser.parse_args()
    generator = random.Random(1)
    text = pathlib.Path(options.file).read_text()
    vocabulary = (pathlib.Path(options.model) / "vocabulary.txt").read_text(errors="replace").split("\n")
    known = [word for word in vocabulary if re.fullmatch(r"[A-Za-z_]\w+", word)]
    words = re.findall(r"[A-Za-z_]\w+", text)
    names = sorted(set(words)) + generator.sample(known, min(len(known), 5000))
    client = TimedClient([os.path.join(os.path.abspath(options.bin), "inkling"), "serve", "--model", options.model])
    client.initialize()
    uri = f"file://{os.path.abspath(options.file)}"
    client.open(uri, text, "python" if options.file.endswith(".py") else "swift")
    time.sleep(3)
    line = text.count("\n") // 2
    column, times, isolated = 0, [], 0
    typed = iter("\n".join(f"{a}.{b}" for a, b in zip(words, words[7:])))
    for version in range(2, options.requests + 2):
        character = next(typed).replace("\n", " ")
        client.change(uri, version, line, column, character)
        column += 1
        time.sleep(0.02)
        candidates = [{"label": name, "kind": 6} for name in generator.sample(names, options.candidates * 9 // 10)]
        while len(candidates) < options.candidates:
            first, second = generator.sample(words, 2)
            candidates.append({"label": f"{first}({second}=1)" if len(candidates) % 2 else f"{first}{second.title()}X"})
        answer, milliseconds = client.timed("inkling/rank", {
            "textDocument": {"uri": uri}, "position": {"line": line, "character": column}, "candidates": candidates})
        times.append(milliseconds)
        isolated += answer["usesNetwork"] is not True
    times.sort()
    print(f"{options.candidates} candidates, {len(times)} requests: median {times[len(times) // 2]:.2f} ms, "
          f"99th percentile {times[len(times) * 99 // 100]:.2f} ms; without the network {isolated}")
    print("the server's own:", client.request("inkling/status").get("latencies", {}).get("inkling/rank"))
    client.stop()


if __name__ == "__main__":
    main()
