"""Counting in pieces: runs that are cut, added up and estimated from as programs; what a full disk leaves."""
import hashlib
import json
import subprocess
import time

import pytest
from program_support import BIN
from test_full_disk import small_disk

FILES = ["ngrams.bin", "vocabulary.txt", "contexts.bin"]


def hashes(model):
    return {name: hashlib.sha256((model / name).read_bytes()).hexdigest() for name in FILES}


@pytest.fixture
def corpus(tmp_path):
    for number in range(24):
        folder = tmp_path / "text" / f"p{number % 4}"
        folder.mkdir(parents=True, exist_ok=True)
        words = [f"word{(number * number + place * 7) % 97}" for place in range(400)]
        lines = [" ".join(words[start : start + 10]) for start in range(0, 400, 10)]
        (folder / f"{number}.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "text"


def test_pieces_make_the_model_of_the_whole(programs, corpus, tmp_path):
    programs.train(corpus, "--output", tmp_path / "whole")
    runs = []
    for part in (2, 3, 1):
        runs.append(tmp_path / f"{part}.run")
        programs.train("count", corpus, "--shard", f"{part}/3", "--output", runs[-1])
    programs.train("merge", *runs[:2], "--output", tmp_path / "sum.run")
    answer = programs.train("estimate", runs[2], tmp_path / "sum.run", "--output", tmp_path / "model", "--json")
    events = [json.loads(line) for line in answer.stdout.splitlines()]
    assert events[-1]["event"] == "finished"
    assert hashes(tmp_path / "model") == hashes(tmp_path / "whole")
    ranges = []
    for part in (1, 2):
        ranges.append(tmp_path / f"range{part}.run")
        programs.train("merge", *runs, "--range", f"{part}/2", "--output", ranges[-1])
    programs.train("estimate", *ranges, "--output", tmp_path / "ranged")
    assert hashes(tmp_path / "ranged") == hashes(tmp_path / "whole")
    refused = programs.train("estimate", ranges[0], "--output", tmp_path / "ranged", check=1)
    assert b"only 1 are here" in refused.stderr


def test_a_full_disk_in_a_merge_loses_no_run(programs, corpus, tmp_path):
    for part in (1, 2):
        programs.train("count", corpus, "--shard", f"{part}/2", "--output", tmp_path / f"{part}.run")
    programs.train("merge", tmp_path / "1.run", tmp_path / "2.run", "--output", tmp_path / "sum.run")
    disk = tmp_path / "disk"
    room = (tmp_path / "1.run").stat().st_size + (tmp_path / "sum.run").stat().st_size // 2
    with small_disk(disk, room):
        run = disk / "sum.run"
        run.write_bytes((tmp_path / "1.run").read_bytes())
        before = run.read_bytes()
        refused = programs.train("merge", run, tmp_path / "2.run", "--output", run, check=1)
        assert b"the disk is full" in refused.stderr
        assert run.read_bytes() == before
        assert [path.name for path in disk.iterdir()] == ["sum.run"]
    # Where there is room, the sum may take the place of what it is a sum of.
    programs.train("merge", tmp_path / "1.run", tmp_path / "2.run", "--output", tmp_path / "1.run")
    assert (tmp_path / "1.run").read_bytes() == (tmp_path / "sum.run").read_bytes()


def test_a_killed_merge_is_run_again(programs, corpus, tmp_path):
    for part in (1, 2):
        programs.train("count", corpus, "--shard", f"{part}/2", "--output", tmp_path / f"{part}.run")
    merge = ["merge", tmp_path / "1.run", tmp_path / "2.run", "--output"]
    programs.train(*merge, tmp_path / "sum.run")
    inputs = {path: path.read_bytes() for path in (tmp_path / "1.run", tmp_path / "2.run")}
    folder = tmp_path / "killed"
    folder.mkdir()
    # Stopped when what it writes is there, and no whole run yet.
    command = [BIN / "inkling-train", *merge, folder / "sum.run"]
    for delay in (0, 0.002, 0.005, 0.01, 0.02):
        process = subprocess.Popen(command, env=programs.environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not any(folder.iterdir()) and process.poll() is None and time.monotonic() < deadline:
            pass
        time.sleep(delay)
        process.kill()
        process.wait()
        for path, content in inputs.items():
            assert path.read_bytes() == content
        if (folder / "sum.run").exists():
            assert (folder / "sum.run").read_bytes() == (tmp_path / "sum.run").read_bytes()
            (folder / "sum.run").unlink()
    programs.train(*merge, folder / "sum.run")
    assert (folder / "sum.run").read_bytes() == (tmp_path / "sum.run").read_bytes()
    # What the killed ones had begun is gone.
    assert [path.name for path in folder.iterdir()] == ["sum.run"]


def test_arguments_are_checked(programs, corpus, tmp_path):
    for arguments in (["--shard", "0/3"], ["--shard", "4/3"], ["--order", "9"], ["--sequence", "line"]):
        programs.train("count", corpus, "--output", tmp_path / "a.run", *arguments, check=2)
    assert b"no run" in programs.train("merge", corpus / "p0/0.txt", "--output", tmp_path / "a.run", check=1).stderr
    programs.train("estimate", corpus, "--output", tmp_path / "m", check=1)
