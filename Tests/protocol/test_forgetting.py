"""What `inkling.forget` reads to find the words of files."""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")


def test_the_whole_disk_is_forgotten_by_its_path(tmp_path):
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
        answer = client.request("workspace/executeCommand", {"command": "inkling.forget", "arguments": [{"uri": "file:///"}]})
        assert time.monotonic() - start < 10
        # The path is on the list; no word of the disk was looked for.
        assert answer["withheldWords"] == 0
        lists = list(tmp_path.rglob("*.forgotten"))
        assert lists and any("path /\n" in path.read_text() for path in lists)
    finally:
        client.process.kill()
