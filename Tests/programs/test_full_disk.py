"""A file system without room, by steps of a page: the old or the new model is whole, and nothing is left behind."""

import contextlib
import os
import subprocess

import pytest

from program_support import sentences

NETWORK = ["--epochs", 2, "--hidden", 24, "--layers", 1, "--threads", 1, "--checkpoint-interval", "0.01s"]
LONG = bool(os.environ.get("INKLING_LONG_TESTS"))


@contextlib.contextmanager
def small_disk(folder, size):
    folder.mkdir(exist_ok=True)
    if os.getuid() != 0 or subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    ).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def content(model):
    dated = {"model.json", "training.jsonl", "report.html"}
    return {path.name: path.read_bytes() for path in model.iterdir() if path.name not in dated}


@pytest.mark.parametrize("options", [[], NETWORK], ids=["ngrams", "network"])
def test_every_write_may_fail(programs, tmp_path, options):
    text, disk = tmp_path / "text", tmp_path / "disk"
    text.write_text("".join(line + "\n" for line in sentences(300)))
    run = ["--tokens", text, "--output", disk / "model"]
    programs.train("--tokens", text, "--order", 3, *options, "--output", tmp_path / "whole")
    new = content(tmp_path / "whole")
    outcomes = set()
    # From no room beside the old model to room for everything, the files of a run one after the other.
    needed = sum(path.stat().st_size // 4096 + 2 for path in (tmp_path / "whole").iterdir()) * (6 if options else 2)
    for pages in range(0, needed, 1 if LONG else max(1, needed // 10)):
        with small_disk(disk, 64 << 20):
            programs.train(*run, "--order", 1)
            old = content(disk / "model")
            used = os.statvfs(disk)
            size = (used.f_blocks - used.f_bfree) * used.f_frsize + pages * 4096
            subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)
            result = programs.train(*run, "--order", 3, *options, check=None)
            outcomes.add(result.returncode)
            programs.inkling("inspect", disk / "model")
            if result.returncode == 0:
                assert content(disk / "model") == new
            else:
                assert result.returncode == 1 and result.stderr.startswith(b"inkling: "), result.stderr
                assert b"the disk is full" in result.stderr and b"untouched" in result.stderr
                assert content(disk / "model") == old
            left = {path.name for path in disk.iterdir()}
            assert left <= {"model", "model.checkpoint"}, left
            assert result.returncode == 1 or left == {"model"}
    assert outcomes == {0, 1}


def test_a_checkpoint_that_does_not_fit_costs_nothing_but_itself(programs, tmp_path):
    text, disk = tmp_path / "text", tmp_path / "disk"
    text.write_text("".join(line + "\n" for line in sentences(300)))
    options = ["--order", 2, *NETWORK, "--epochs", 20]
    with small_disk(disk, "72k"):
        result = programs.train("--tokens", text, "--output", disk / "model", *options)
        assert result.stderr.count(b"the checkpoint was not written") == 1
        assert (disk / "model" / "recurrent.safetensors").exists()
        assert [path.name for path in disk.iterdir()] == ["model"]


def test_a_report_that_does_not_fit_costs_nothing_but_itself(programs, tmp_path):
    """A limit on file sizes, below the page and the log and above all that the model needs."""
    text = tmp_path / "text"
    text.write_text("a b\n" * 200)
    programs.train("--tokens", text, "--output", tmp_path / "model", "--order", 1, *NETWORK, "--hidden", 1, "--json")
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "model").iterdir()}
    needed = max(size for name, size in sizes.items() if name not in ("report.html", "training.jsonl"))
    if max(sizes["report.html"], sizes["training.jsonl"]) <= needed:
        pytest.skip("the page is no larger than the network")
    import resource

    def restrict():
        resource.setrlimit(resource.RLIMIT_FSIZE, (needed, needed))

    result = programs.train(
        "--tokens", text, "--output", tmp_path / "model", "--order", 1, *NETWORK, "--hidden", 1, preexec_fn=restrict)
    assert b"left out of the model" in result.stderr
    programs.inkling("inspect", tmp_path / "model")
    assert (tmp_path / "model" / "recurrent.safetensors").exists()
