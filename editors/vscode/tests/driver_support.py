"""The extension in Node, with a mock of `vscode`, as the tests drive it."""
import json
import pathlib
import subprocess
import threading

import editor_support as support

DRIVER = pathlib.Path(__file__).resolve().parent / "driver.js"


class Extension:
    def __init__(self, variables):
        self.process = subprocess.Popen(
            ["node", DRIVER], env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lock = threading.Lock()

    def __call__(self, action, **arguments):
        with self.lock:
            self.process.stdin.write(json.dumps({"do": action, **arguments}) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def wait(self, condition, what):
        return support.wait(condition, what)

    def end(self, variables):
        self("deactivate")
        self.process.stdin.close()
        assert self.process.wait(timeout=10) == 0
        support.assert_nothing_left(variables)


def units(text):
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
