"""inkling highlight --apply."""

import os
import pty
import select
import subprocess
import time

import pytest

from program_support import BIN, SLIPS

SLIP = SLIPS[0] + "The old sailor saw the the river at night.\n" + SLIPS[2]
GOOD = SLIP.replace("pianted", "painted").replace("the the", "the").replace("habrour", "harbour")


@pytest.fixture
def apply(programs, prose_model):
    def run(*arguments, check=0):
        return programs.inkling("highlight", "--apply", "--yes", "--rate", "2", "--model", prose_model, *arguments, check=check)

    return run


def test_the_original_comes_back(apply, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(SLIP)
    path.chmod(0o640)
    result = apply(path)
    assert path.read_text() == GOOD
    assert path.stat().st_mode & 0o777 == 0o640
    assert result.stdout == b"" and result.stderr.count(b" is now ") == 3
    assert result.stderr.endswith(b"0 marks\n")
    assert os.listdir(tmp_path).count("a.txt") == 1 and not [name for name in os.listdir(tmp_path) if "~" in name]
    assert b" is now " not in apply(path, "--fail-above", "0").stderr


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_byte_order_mark_and_line_ends_stay(apply, tmp_path, mark, end):
    path = tmp_path / "a.txt"
    path.write_bytes(mark + SLIP.encode().replace(b"\n", end))
    apply(path)
    assert path.read_bytes() == mark + GOOD.encode().replace(b"\n", end)


def test_what_is_no_file_of_utf_8_is_left(apply, tmp_path):
    target = tmp_path / "target.txt"
    target.write_text(SLIP)
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    result = apply(link, check=1)
    assert link.is_symlink() and target.read_text() == SLIP
    assert b"link.txt: is a link" in result.stderr
    wide = tmp_path / "wide.txt"
    wide.write_bytes(SLIP.encode("utf-16"))
    result = apply(wide, target, check=1)
    assert wide.read_bytes() == SLIP.encode("utf-16") and b"wide.txt: is not UTF-8" in result.stderr
    assert target.read_text() == GOOD


def test_a_folder_is_corrected_but_for_what_is_ignored(apply, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ["a.txt", "b.txt"]:
        (folder / name).write_text(SLIP + name)
    (folder / ".gitignore").write_text("b.txt\n")
    apply(folder)
    assert (folder / "a.txt").read_text() == GOOD + "a.txt"
    assert (folder / "b.txt").read_text() == SLIP + "b.txt"


def converse(programs, arguments, answers, before_answer=lambda number: None):
    """Runs on a terminal; what it says, and its status."""
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [BIN / "inkling", *map(str, arguments)], stdin=terminal, stdout=terminal, stderr=terminal,
        env={**programs.environment, "TERM": "xterm"}, start_new_session=True)
    os.close(terminal)
    said, asked, deadline = b"", 0, time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([master], [], [], 0.2)[0]:
            try:
                said += os.read(master, 4096)
            except OSError:
                break
        if said.count(b"[y/n/q] ") > asked:
            before_answer(asked)
            os.write(master, answers[asked].encode() + b"\n")
            asked += 1
    os.close(master)
    return said.decode(), process.wait(10)


@pytest.mark.parametrize(
    "answers, expected",
    [
        ("yyy", GOOD),
        ("nyn", SLIP.replace("the the", "the")),
        ("yq", SLIP.replace("pianted", "painted")),
        ("?ynn", SLIP.replace("pianted", "painted")),
        ("q", SLIP),
    ],
)
def test_each_is_asked_for_on_a_terminal(programs, prose_model, tmp_path, answers, expected):
    path = tmp_path / "a.txt"
    path.write_text(SLIP)
    arguments = ["highlight", "--apply", "--rate", "2", "--model", prose_model, path]
    said, status = converse(programs, arguments, answers)
    assert status == 0 and path.read_text() == expected, said
    assert '"pianted" is probably "painted"' in said


def test_a_file_that_changed_meanwhile_is_left(programs, prose_model, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(SLIP)
    arguments = ["highlight", "--apply", "--rate", "2", "--model", prose_model, path]
    changed = SLIP + "More.\n"
    said, status = converse(programs, arguments, "yyy", lambda number: path.write_text(changed))
    assert status == 1 and path.read_text() == changed
    assert "has changed since it was read" in said
