"""inkling highlight on folders, in hooks, with dictionaries and comments."""

import json

import pytest

from program_support import SLIPS

SLIP, OTHER, _ = SLIPS


@pytest.fixture
def marked(programs, prose_model):
    """What is marked where, by the file's name relative to the folder."""

    def run(folder, *arguments):
        answer = programs.inkling("highlight", "--model", prose_model, "--jsonl", *arguments, cwd=folder)
        return {
            object["file"]: [mark["text"] for mark in object["marks"]]
            for object in map(json.loads, answer.stdout.splitlines())
        }

    return run


def test_a_folder_is_walked_as_training_walks_it(programs, prose_model, marked, tmp_path):
    project = tmp_path / "project"
    names = ["a.txt", "sub/b.txt", "ignored.txt", "node_modules/c.txt", "id_rsa", ".env", "photo.txt"]
    for number, name in enumerate(names):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(SLIP + f"number {number}\n")
    (project / "photo.txt").write_bytes(b"\x00\x01\x02" * 99)
    (project / ".gitignore").write_text("ignored.txt\n")
    outside = tmp_path / "outside.txt"
    outside.write_text(SLIP + "elsewhere\n")
    (project / "link.txt").symlink_to(outside)
    (project / ".inkling").mkdir()
    programs.train(project / "a.txt", "--output", project / ".inkling" / "model")
    before = sorted(path for path in project.rglob("*"))
    assert marked(project, ".") == {"./a.txt": ["pianted"], "./sub/b.txt": ["pianted"]}
    assert sorted(path for path in project.rglob("*")) == before
    # What is named is read whatever the rules say.
    assert marked(project, "ignored.txt", "sub") == {"ignored.txt": ["pianted"], "sub/b.txt": ["pianted"]}


def test_the_last_line_counts(programs, prose_model, tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(SLIP + f"number {number}\n")
    folder = tmp_path / "only"
    folder.mkdir()
    result = programs.inkling("highlight", "--model", prose_model, folder)
    assert result.stderr.decode() == "0 files, 0 tokens, 0 marks\n"
    result = programs.inkling("highlight", "--model", prose_model, "0.txt", "1.txt", "2.txt", cwd=tmp_path)
    assert result.stderr.decode().splitlines()[-1] == "3 files, 39 tokens, 3 marks"


def test_many_files_come_in_their_order(programs, prose_model, tmp_path):
    """However many are looked at at once; what was read before one that cannot be read is not lost."""
    names = [f"{number}.txt" for number in range(40)]
    for number, name in enumerate(names):
        # The longer ones take longer.
        (tmp_path / name).write_text((SLIP + f"number {number}\n") * (1 + 60 * (number % 2 == 0)))
    arguments = ["highlight", "--model", prose_model, "--jsonl"]
    answer = programs.inkling(*arguments, *names, cwd=tmp_path)
    assert [json.loads(line)["file"] for line in answer.stdout.splitlines()] == names
    for name in ["0.txt", "1.txt"]:
        alone = programs.inkling(*arguments, name, cwd=tmp_path)
        assert alone.stdout.splitlines()[0] in answer.stdout.splitlines()
    answer = programs.inkling(*arguments, *names[:20], "missing.txt", *names[20:], cwd=tmp_path, check=1)
    assert [json.loads(line)["file"] for line in answer.stdout.splitlines()] == names[:20]
    assert b"missing.txt" in answer.stderr


def test_standard_input(programs, prose_model):
    for arguments in [[], ["-"]]:
        answer = programs.inkling("highlight", "--model", prose_model, *arguments, input=SLIP)
        assert answer.stdout.decode().startswith('<stdin>:1:11: "pianted" is probably "painted"')


@pytest.mark.parametrize("limit, status", [("0", 1), ("1", 1), ("2", 0), ("1000", 0)])
def test_fail_above(programs, prose_model, tmp_path, limit, status):
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(SLIP)
    arguments = ["highlight", "--model", prose_model, "--fail-above", limit, "a.txt", "b.txt"]
    result = programs.inkling(*arguments, cwd=tmp_path, check=status)
    assert result.stdout.count(b"pianted") == 2


def test_words_of_the_dictionary_hold(marked, tmp_path):
    (tmp_path / ".inkling").mkdir()
    (tmp_path / "a.txt").write_text(SLIP)
    assert marked(tmp_path, "a.txt") == {"a.txt": ["pianted"]}
    (tmp_path / ".inkling" / "dictionary.txt").write_text("pianted\n")
    assert marked(tmp_path, "a.txt") == {"a.txt": []}


@pytest.mark.parametrize(
    "text, expected",
    [
        (SLIP + OTHER, ["pianted", "remmebered"]),
        ("# inkling:ignore\n" + SLIP, ["pianted"]),
        (SLIP.replace(".\n", ". inkling:ignore\n") + OTHER, ["remmebered"]),
        ("# inkling:ignore-next-line\n" + SLIP + OTHER, ["remmebered"]),
        ("# inkling:ignore-next-line\r\n" + SLIP.replace("\n", "\r\n") + OTHER, ["remmebered"]),
        (SLIP + "# inkling:ignore-next-line", ["pianted"]),
        ("# inkling:ignored\n" + SLIP, ["pianted"]),
    ],
)
def test_ignore_comments(marked, tmp_path, text, expected):
    (tmp_path / "a.txt").write_bytes(text.encode())
    found = marked(tmp_path, "a.txt", "--rate", "1")["a.txt"]
    assert [word for word in found if "ignore" not in word] == expected


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["--rate", "0"], b"--rate is 0"),
        (["--rate", "-1"], b"--rate is -1"),
        (["--rate", "inf"], b"--rate is inf"),
        (["--rate", "nan"], b"--rate is nan"),
        (["--rate", "1", "--threshold", "5"], b"give one of them"),
        (["--fail-above", "-1"], b"--fail-above is -1"),
        (["--jsonl", "--format", "html"], b"--jsonl is --format jsonl"),
        (["--diff=-x"], b"no revision"),
        (["--diff", "HEAD", "-"], b"standard input"),
        (["--yes", "a.txt"], b"--apply"),
        (["--apply", "--yes"], b"name them"),
        (["--apply", "--yes", "-"], b"name them"),
        (["--apply", "a.txt"], b"--yes"),
        (["--apply", "--yes", "--threshold", "3", "a.txt"], b"--threshold"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(programs, tmp_path, arguments, reason):
    (tmp_path / "a.txt").write_text(SLIP)
    result = programs.inkling("highlight", *arguments, cwd=tmp_path, check=2)
    assert reason in result.stderr and result.stderr.count(b"\n") == 1
    assert (tmp_path / "a.txt").read_text() == SLIP
