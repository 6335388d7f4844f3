"""A small client of the language server over its standard input and output, for tests and measurements."""
import itertools
import json
import os
import queue
import subprocess
import threading


class Client:
    """Starts a server; `request` waits for its answer, other messages collect in `notifications`."""

    def __init__(self, command, **arguments):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **arguments)
        self.ids = itertools.count(1)
        self.notifications = []
        self.answers = {}
        self.handlers = {}
        self.inbox = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        stream = self.process.stdout
        while True:
            length = None
            while line := stream.readline():
                if line in (b"\r\n", b"\n"):
                    break
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not line:
                self.inbox.put(None)
                return
            self.inbox.put(json.loads(stream.read(length)))

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message):
        content = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode()
        self.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))

    def notify(self, method, params=None):
        self.send({"method": method, "params": params or {}})

    def start(self, method, params=None):
        """Sends a request and returns its id."""
        number = next(self.ids)
        self.send({"id": number, "method": method, "params": params or {}})
        return number

    def receive(self, timeout=20):
        """Takes the next message; a request of the server's is answered by its handler, else with null."""
        message = self.inbox.get(timeout=timeout)
        if message is None:
            raise EOFError("the server has ended")
        if "method" in message:
            self.notifications.append(message)
            if "id" in message:
                handler = self.handlers.get(message["method"], lambda params: None)
                self.send({"id": message["id"], "result": handler(message.get("params"))})
        else:
            self.answers[message["id"]] = message
        return message

    def wait(self, number, timeout=20):
        while number not in self.answers:
            self.receive(timeout)
        return self.answers.pop(number)

    def request(self, method, params=None, timeout=20):
        answer = self.wait(self.start(method, params), timeout)
        assert "error" not in answer, answer
        return answer["result"]

    def wait_for(self, method, timeout=20):
        """The next message of the server's with this method that was not waited for yet."""
        while True:
            for index, message in enumerate(self.notifications):
                if message["method"] == method:
                    return self.notifications.pop(index).get("params")
            self.receive(timeout)

    def initialize(self, capabilities=None, options=None):
        result = self.request("initialize", {
            "processId": os.getpid(), "rootUri": None, "capabilities": capabilities or {},
            "initializationOptions": options or {}})
        self.notify("initialized")
        return result

    def open(self, uri, text, language="plaintext"):
        self.notify("textDocument/didOpen", {
            "textDocument": {"uri": uri, "languageId": language, "version": 1, "text": text}})

    def change(self, uri, version, line, character, text, end=None):
        start = {"line": line, "character": character}
        end = {"line": end[0], "character": end[1]} if end else start
        self.notify("textDocument/didChange", {
            "textDocument": {"uri": uri, "version": version},
            "contentChanges": [{"range": {"start": start, "end": end}, "text": text}]})

    def completion(self, uri, line, character):
        return self.request("textDocument/completion", {
            "textDocument": {"uri": uri}, "position": {"line": line, "character": character}})

    def stop(self):
        """Ends the session as an editor does; the exit status."""
        self.request("shutdown")
        self.notify("exit")
        return self.process.wait(timeout=10)
