#!/usr/bin/env python3
"""Measures a server that has nothing to do yet: how long from its start to the answer to `initialize`, how long from opening a
document to the first completion with a model, what memory it has, alone and beside a second one, and what processor time
while nobody types.

    python3 Tests/protocol/startup.py .build/release/inkling [--model DIR] [--text FILE] [--cold] [--pause 0] [--runs 30] [--idle 5]

Prints one JSON object. The processor time is Linux's count of clock ticks, usually of 10 ms. Proportional memory is Linux's
`Pss`, in which a page that two processes have counts half for each; of the model's pages in the system's cache it has
those that are mapped.
"""
import argparse
import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(__file__))
from lsp_client import Client  # noqa: E402


def status(client):
    lines = open(f"/proc/{client.process.pid}/status").read().split("\n")
    return {line.split(":")[0]: line.split(":")[1] for line in lines if ":" in line}


def ticks(client):
    return sum(map(int, open(f"/proc/{client.process.pid}/stat").read().rsplit(")", 1)[1].split()[11:13]))


def switches(client):
    """Times that the scheduler let any of the server's threads go: a thread that polls is seen here first."""
    folder = f"/proc/{client.process.pid}/task"
    total = 0
    for thread in os.listdir(folder):
        for line in open(f"{folder}/{thread}/status"):
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def evict(folder):
    """Takes a model's files out of the system's cache."""
    for name in os.listdir(folder):
        descriptor = os.open(os.path.join(folder, name), os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def proportional(client):
    """Mebibytes of memory, by kind."""
    rows = [line.split() for line in open(f"/proc/{client.process.pid}/smaps_rollup")]
    return {row[0][:-1]: round(int(row[1]) / 1024, 1) for row in rows if row[0] in ("Pss:", "Pss_Anon:", "Pss_File:")}


def run(command, text, suffix, pause):
    start = time.perf_counter()
    client = Client(command)
    client.initialize()
    initialized = time.perf_counter() - start
    resident = int(status(client)["VmRSS"].split()[0]) / 1024
    time.sleep(pause)
    uri = "file:///tmp/startup" + suffix
    lines = text.split("\n")
    start = time.perf_counter()
    client.open(uri, text, {".swift": "swift", ".c": "c", ".py": "python"}.get(suffix, "plaintext"))
    client.completion(uri, len(lines) - 1, len(lines[-1]))
    return client, 1000 * initialized, resident, 1000 * (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inkling")
    parser.add_argument("--model")
    parser.add_argument("--text", help="a file to open, and to ask for completions at the end of")
    parser.add_argument("--cold", action="store_true", help="read the model from the disk each time")
    parser.add_argument("--pause", type=float, default=0, help="seconds between the server's start and the document")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--idle", type=float, default=5, help="seconds")
    options = parser.parse_args()
    command = [options.inkling, "serve"] + (["--model", options.model] if options.model else [])
    text, suffix = "let value = cou", ".swift"
    if options.text:
        text, suffix = open(options.text, encoding="utf-8").read(), os.path.splitext(options.text)[1]
    initialized, resident, completed = [], [], []
    for number in range(options.runs):
        if options.cold:
            evict(options.model)
        client, milliseconds, megabytes, first = run(command, text, suffix, options.pause)
        initialized.append(milliseconds)
        resident.append(megabytes)
        completed.append(first)
        if number + 1 < options.runs:
            assert client.stop() == 0
    # What opening the document left to do is over by then.
    time.sleep(3)
    before, switched = ticks(client), switches(client)
    time.sleep(options.idle)
    idle, switched = ticks(client) - before, switches(client) - switched
    alone = proportional(client)
    second = run(command, text, suffix, options.pause)[0]
    time.sleep(8)
    together = [proportional(client), proportional(second)]
    second.stop()
    model = None
    if options.model:
        model = sum(os.path.getsize(os.path.join(options.model, name)) for name in os.listdir(options.model)) / 1e6
    print(json.dumps({
        "modelMegabytes": model and round(model, 1),
        "initializeMilliseconds": {"median": round(statistics.median(initialized), 2),
                                   "maximum": round(max(initialized), 2)},
        "freshResidentMebibytes": round(statistics.median(resident), 1),
        "firstCompletionMilliseconds": {"median": round(statistics.median(completed), 2),
                                        "maximum": round(max(completed), 2)},
        "residentMebibytesThen": round(int(status(client)["VmRSS"].split()[0]) / 1024, 1),
        "proportionalMebibytes": {"alone": alone, "ofTwo": together},
        "idleSeconds": options.idle, "idleTicks": idle, "idleContextSwitches": switched,
        "exitStatus": client.stop(),
    }, indent=2))


if __name__ == "__main__":
    main()
