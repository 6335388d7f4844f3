"""What `inkling.forget` reads to find the words of files."""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")


def test_what_can_not_be_forgotten_is_said(tmp_path):
    workspace = tmp_path / "home" / "src" / "workspace"
    workspace.mkdir(parents=True)
    (workspace / "a.txt").write_text("some words here\n")
    environment = {**os.environ, "HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache"),
                   "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    client = Client([INKLING, "serve", "--stdio"], env=environment)
    try:
        client.request("initialize", {
            "processId": os.getpid(), "rootUri": None, "capabilities": {},
            "workspaceFolders": [{"uri": workspace.as_uri(), "name": "w"}]})
        client.notify("initialized")
        start = time.monotonic()
        # A folder around the workspace would end all learning there.
        for argument in ({"uri": "file:///"}, "file:///", {"uri": workspace.parent.as_uri()}, "two words"):
            message = client.wait(client.start("workspace/executeCommand", {
                "command": "inkling.forget", "arguments": [argument]}), 10)["error"]["message"]
            assert "whole of" in message or "not one word" in message, (argument, message)
        assert time.monotonic() - start < 10
        assert not list(tmp_path.rglob("*.forgotten"))

        # A URI alone means the file, and where nothing is withheld nothing else is said.
        answer = client.request("workspace/executeCommand", {
            "command": "inkling.forget", "arguments": [(workspace / "a.txt").as_uri()]})
        assert answer["withheldWords"] == 3
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        answer = client.request("workspace/executeCommand",
                                {"command": "inkling.forget", "arguments": [{"uri": elsewhere.as_uri()}]})
        assert answer["withheldWords"] == 0 and "No word is withheld" in answer["message"]
    finally:
        client.process.kill()
