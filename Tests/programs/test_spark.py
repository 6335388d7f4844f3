"""The stages that Spark drives, run one after the other without it: what they hand each other is files alone."""

import importlib.util
import pathlib
import sys

import pytest
from program_support import BIN, ROOT

SCRIPT = ROOT / "scripts" / "spark" / "inkling_train.py"


@pytest.fixture
def script():
    description = importlib.util.spec_from_file_location("inkling_train", SCRIPT)
    module = importlib.util.module_from_spec(description)
    description.loader.exec_module(module)
    return module


def test_stages_make_the_model_of_one_process(programs, script, tmp_path, monkeypatch):
    text = tmp_path / "text"
    text.mkdir()
    for number in range(8):
        lines = [f"the {word} of page {number} is {word * number % 7}" for word in range(40)]
        (text / f"{number}.txt").write_text("\n".join(lines) + "\n")
    programs.train(text, "--order", 3, "--no-mixture", "--output", tmp_path / "whole")
    monkeypatch.setattr(sys, "argv", [
        "inkling_train.py", str(text), "--output", str(tmp_path / "model"), "--program", str(BIN / "inkling-train"),
        "--parts", "3", "--ranges", "2", "--count=--order 3", "--estimate=--no-mixture",
    ])
    training = script.Training(script.parse_arguments(), cores=2)
    training.work.mkdir()
    for stage in (training.count(), training.merge(), training.estimate()):
        # As Spark does where a machine was lost: a task that has run before runs again.
        for command in stage + stage[:1]:
            assert script.run_program(command) > 0
    for name in ("ngrams.bin", "vocabulary.txt"):
        assert (tmp_path / "model" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    with pytest.raises(RuntimeError, match="no run"):
        script.run_program([str(BIN / "inkling-train"), "merge", str(pathlib.Path(text / "0.txt")), "--output", "x"])
