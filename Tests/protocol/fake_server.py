"""A language server for tests of `inkling proxy`: it does what it is told, and writes down every byte that it gets.

Usage: fake_server.py LOG [CAPABILITIES]
"""
import json
import os
import sys
import time

log = open(sys.argv[1], "wb", buffering=0)
capabilities = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {"completionProvider": {}, "positionEncoding": "utf-16"}
source, sink = sys.stdin.buffer, sys.stdout.buffer
waiting = b""


def read():
    """The next content; what is no header is passed over, as servers that recover do."""
    global waiting
    while True:
        start = waiting.find(b"Content-Length: ")
        end = waiting.find(b"\r\n\r\n", max(start, 0))
        if start >= 0 and end >= 0:
            digits = waiting[start + 16:end].split(b"\r\n")[0]
            if not digits.isdigit():
                waiting = waiting[start + 16:]
                continue
            if len(waiting) >= end + 4 + int(digits):
                content = waiting[end + 4:end + 4 + int(digits)]
                waiting = waiting[end + 4 + int(digits):]
                return content
        data = os.read(source.fileno(), 1 << 16)
        if not data:
            sys.exit(1)
        log.write(data)
        waiting += data


def send(message):
    content = json.dumps(message, ensure_ascii=False).encode()
    sink.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
    sink.flush()


def answer(message, result):
    send({"jsonrpc": "2.0", "id": message["id"], "result": result})


is_shut_down = False


def receive(message):
    global is_shut_down
    method = message["method"]
    if method == "initialize":
        answer(message, {"capabilities": capabilities, "processId": os.getpid()})
    elif method == "textDocument/completion":
        answer(message, message["params"].get("items", [{"label": "zebra", "data": 1}, {"label": "count", "data": 2}]))
    elif method == "echo":
        answer(message, message["params"])
    elif method == "raw":
        sink.write(message["params"]["text"].encode("latin-1"))
        sink.flush()
    elif method == "ask":
        send({"jsonrpc": "2.0", "id": "s1", "method": "workspace/configuration", "params": message["params"]})
    elif method == "sleep":
        time.sleep(message["params"]["seconds"])
    elif method == "end":
        os._exit(message["params"]["status"])
    elif method == "shutdown":
        is_shut_down = True
        answer(message, None)
    elif method == "exit":
        sys.exit(0 if is_shut_down else 1)
    elif "answer" in message["params"]:
        answer(message, message["params"]["answer"])


while True:
    try:
        receive(json.loads(read()))
    except (ValueError, KeyError, TypeError, AttributeError):
        # What is no message it knows is nobody's harm.
        continue
