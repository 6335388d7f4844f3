"""Somebody opens a repository that was only cloned, and types. Nothing outside it may be read, written or started, the
completions stay as fast as anywhere, and the server rests when nobody types."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import hostile_repository  # noqa: E402
from lsp_client import Client  # noqa: E402

INKLING = str(pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling")
IS_LONG = "INKLING_LONG_TESTS" in os.environ
SECONDS = 60 if IS_LONG else 6
# Of a machine that does nothing else, measured over a minute; otherwise only what a person would feel.
P99_LIMIT_MILLISECONDS = 5 if IS_LONG else 100
STRANGERS = ["Zyphorella", "jumpbastionhost", "hunter2secretword", "zaphodious"]


@pytest.fixture
def clone(tmp_path):
    text = tmp_path / "text"
    text.mkdir()
    for number in range(8):
        (text / f"{number}.swift").write_text("let harbourLantern = copper(meadow)\nreturn harbourLantern\n" * 30)
    subprocess.run([INKLING + "-train", str(text), "--output", str(tmp_path / "model")], check=True, capture_output=True)
    yield hostile_repository.make(tmp_path / "world", tmp_path / "model")
    hostile_repository.remove(tmp_path / "world")


def environment(clone):
    home = clone.parent.parent
    return {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_DATA_HOME": str(home / ".local/share"), "XDG_CACHE_HOME": str(home / ".cache")}


def session(clone, command):
    client = Client(command, env=environment(clone), stderr=subprocess.DEVNULL, cwd=str(clone))
    client.request("initialize", {
        "processId": os.getpid(), "rootUri": clone.as_uri(), "workspaceFolders": [{"uri": clone.as_uri(), "name": "clone"}],
        "capabilities": {"textDocument": {"diagnostic": {}, "inlineCompletion": {}, "semanticTokens": {}}},
        "initializationOptions": {"train": {"workspace": False}}})
    client.notify("initialized")
    return client


def type_for(client, clone, seconds):
    """Opens files of the clone and types into one; the times of its completions in milliseconds."""
    uris = [(clone / name).as_uri() for name in ("part0.swift", "a/b/c/c.md", "queue/line.swift")]
    for uri in uris:
        client.open(uri, "let harbour = 1\n", "swift")
    times, version = [], 1
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        uri = uris[version % len(uris)] if version % 40 == 0 else uris[0]
        column = 0
        for letter in "let harbourLantern = cop":
            version += 1
            client.change(uris[0], version, 1, column, letter)
            column += 1
            begin = time.perf_counter()
            client.request("textDocument/completion",
                           {"textDocument": {"uri": uri}, "position": {"line": 1, "character": column if uri == uris[0] else 0}})
            times.append((time.perf_counter() - begin) * 1000)
            time.sleep(0.01)
        version += 1
        client.notify("textDocument/didChange", {"textDocument": {"uri": uris[0], "version": version},
                                                 "contentChanges": [{"text": "let harbour = 1\n"}]})
    return times


def offered(client, clone, typed):
    uri = (clone / "typed.md").as_uri()
    client.open(uri, typed, "markdown")
    answer = client.request("inkling/complete", {"textDocument": {"uri": uri}, "position": {"line": 0, "character": len(typed)}})
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return [item["text"] for item in answer["items"]]


def test_typing_stays_fast_and_the_server_rests(clone):
    client = session(clone, [INKLING, "serve"])
    times = sorted(type_for(client, clone, SECONDS))
    for word in STRANGERS:
        assert word not in offered(client, clone, f"see {word[:6]}"), f"{word} was read outside the clone"
    p99 = times[int(len(times) * 0.99)]
    assert p99 < P99_LIMIT_MILLISECONDS, f"completions took {p99:.1f} ms at the 99th percentile, of {len(times)}"
    time.sleep(2)
    before = ticks(client.process.pid)
    time.sleep(3)
    assert ticks(client.process.pid) - before <= 2, "the server works while nothing happens"
    client.request("shutdown")
    client.notify("exit")
    assert client.process.wait(10) == 0


def ticks(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def can_trace():
    return shutil.which("strace") and subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not can_trace(), reason="strace is not here, or may not trace")
def test_nothing_outside_is_read_written_or_started(clone, tmp_path):
    trace = tmp_path / "trace"
    client = session(clone, ["strace", "-f", "-qq", "-s", "4096", "-o", str(trace), "-e", "trace=%file,process,%network",
                             INKLING, "serve"])
    type_for(client, clone, SECONDS)
    client.request("workspace/executeCommand", {"command": "inkling.accept", "arguments": ["retrun", (clone / "part0.swift").as_uri()]})
    client.request("shutdown")
    client.notify("exit")
    client.process.wait(20)
    wrong = [line for line in trace.read_text(errors="surrogateescape").splitlines() if is_wrong(line, clone)]
    assert not wrong, "\n".join(wrong[:20])
    home = clone.parent.parent
    assert (home / ".bashrc").read_text() == "export EDITOR=vi\n" * 20
    assert sorted(path.name for path in home.iterdir() if path.name != ".config") == [".bashrc", ".netrc", ".ssh", "private", "src"]


CALL = re.compile(r"^\d+\s+(\w+)\((.*?)(?:\)\s+=\s+(-?\d+|\?).*| <unfinished \.\.\.>)$", re.DOTALL)
PATHS = re.compile(r'"((?:[^"\\]|\\.)*)"')
LOOKS = {"stat", "lstat", "newfstatat", "statx", "readlink", "readlinkat", "access", "faccessat", "faccessat2", "getcwd", "statfs"}


def is_wrong(line, clone):
    """Whether a system call opens, changes or starts something that lies outside the clone (looking is allowed)."""
    call = CALL.match(line)
    if not call or call[3] is not None and call[3].startswith("-"):
        return False
    name, arguments = call[1], call[2]
    if name in ("socket", "connect", "bind", "sendto"):
        return True
    if name in ("execve", "execveat"):
        return not (INKLING in arguments and '"serve"' in arguments)
    if name in LOOKS or not PATHS.search(arguments):
        return False
    writes = name not in ("open", "openat", "openat2") or re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", arguments)
    for path in PATHS.findall(arguments):
        path = path.encode().decode("unicode_escape")
        real = os.path.realpath(os.path.join(clone, path))
        inside = real == str(clone) or real.startswith(str(clone) + "/")
        if not inside and (writes or not is_usual(real, clone)):
            return path not in ("/dev/null", "")
    return False


def is_usual(path, clone):
    """What any program reads of the system, what Inkling reads of its own and of its user's, and the folders above a
    document, in which a repository may begin."""
    home = str(clone.parent.parent)
    root = str(pathlib.Path(INKLING).parents[3])
    if path in (home + "/.config/git/ignore", home + "/.config/git/config", home + "/.gitconfig"):
        return True
    if os.path.isdir(path) and str(clone).startswith(path.rstrip("/") + "/"):
        return True
    usual = ("/lib", "/usr", "/etc/ld.so", "/etc/localtime", "/etc/git", "/proc/self/", "/proc/meminfo", "/proc/sys/", "/sys/",
             "/dev/null", "/dev/urandom", home + "/.config/inkling", home + "/.local/share/inkling",
             os.path.realpath(os.environ.get("INKLING_GRAMMARS") or root + "/grammars"))
    return path.startswith(usual) or re.match(r"/proc/\d+/(maps|statm|status|stat)$", path) is not None
