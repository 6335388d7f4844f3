"""inkling-train pairs and inkling transform: learning, scores, odd texts, runs that are stopped, damaged models."""

import json
import random
import shutil
import signal
import subprocess
import time

import pytest

from program_support import BIN, Programs

SMALL = ["--embedding", 24, "--hidden", 32, "--epochs", 25, "--rate", 0.012, "--batch", 20]


def pairs(count, seed=5):
    """Dates: the day before the month, and the year of two digits."""
    draw = random.Random(seed)
    months = ["Jan", "Feb", "Mar", "Apr"]
    rows = []
    for _ in range(count):
        day, month, year = draw.randint(1, 9), draw.choice(months), draw.randint(10, 19)
        rows.append((f"{month} {day} {year}", f"{day} {month} {year}"))
    return rows


def written(path, rows, end="\n"):
    path.write_bytes("".join(f"{source}\t{target}{end}" for source, target in rows).encode())
    return path


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    home = tmp_path_factory.mktemp("pairs")
    train = written(home / "train.tsv", pairs(200), end="\r\n")
    test = written(home / "test.tsv", pairs(40, seed=9))
    result = Programs(home).train(
        "pairs", train, "--units", "word", "--test", test, "--output", home / "dates", "--json", *SMALL)
    return home / "dates", [json.loads(line) for line in result.stdout.splitlines()]


def requests(programs, model, *lines, options=()):
    result = programs.inkling(
        "transform", "--model", model, "--jsonl", *options, input="".join(json.dumps(line) + "\n" for line in lines))
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_it_learns_and_says_so(programs, model):
    path, events = model
    found = next(event for event in events if event["event"] == "transduction" and event["on"] == "test")
    assert found["exact"] > 0.9, found
    assert found["exact"] <= found["among"] <= 1 and found["unitErrorRate"] < 0.1
    assert events[-1]["event"] == "finished" and events[-1]["model"] == str(path)
    description = json.loads((path / "model.json").read_text())
    assert description["kind"] == "transducer" and description["transducer"]["units"] == "word"
    output = programs.inkling("transform", "--model", path, input="Mar 4 17\nJan 2 11\n").stdout.decode()
    assert output == "4 Mar 17\n2 Jan 11\n"


def test_what_it_does_not_know_is_copied(programs, model):
    # Neither day nor year was ever seen.
    answers = requests(programs, model[0], {"text": "Feb 77 2031"}, options=["--top", 3])
    assert {"77", "2031", "Feb"} & set(answers[0]["outputs"][0]["text"].split())
    assert "<unk>" not in json.dumps(answers)


def test_scores_are_ranked_and_those_of_candidates(programs, model):
    (answer, scored) = requests(
        programs, model[0], {"id": 1, "text": "Apr 3 12", "top": 4, "beam": 8},
        {"id": 2, "text": "Apr 3 12", "candidates": ["3 Apr 12", "Apr 3 12", "nothing of it", ""]})
    scores = [output["score"] for output in answer["outputs"]]
    assert len(scores) == 4 and scores == sorted(scores, reverse=True)
    assert answer["outputs"][0]["text"] == "3 Apr 12"
    values = scored["logProbabilities"]
    assert values[0] == pytest.approx(answer["outputs"][0]["logProbability"], abs=1e-4)
    assert values[0] > values[1] and values[2] is None and values[3] < values[0]
    plain = programs.inkling("transform", "--model", model[0], "--top", 2, input="Apr 3 12\n").stdout.decode()
    rows = [line.split("\t") for line in plain.splitlines()]
    assert len(rows) == 2 and rows[0][2] == "3 Apr 12" and float(rows[0][0]) >= float(rows[1][0])


def test_odd_texts_have_answers(programs, model):
    odd = ["", " ", "👨‍👩‍👧‍👦 é 日本", "\u202e<s> </s> <unk>", "Jan\t1\r", "word " * 200_000]
    answers = requests(programs, model[0], *({"text": text} for text in odd))
    assert len(answers) == len(odd)
    for answer in answers:
        assert answer["outputs"], answer
    # What the text has is copied as any other unit; nothing is made up.
    assert all("<unk>" not in json.dumps(answers[place]) for place in (0, 1, 2, 4, 5))
    assert [answer["isCut"] for answer in answers] == [False] * 5 + [True]
    result = programs.inkling("transform", "--model", model[0], input=b"\xff\xfe\x00a\n\n\xc3(\n")
    assert result.stdout.count(b"\n") >= 1
    (bad,) = requests(programs, model[0], {"text": "x", "top": 0})
    assert bad["error"]["what"] == "top"


@pytest.mark.parametrize("rows", [[("a", "b")], [("", "nothing"), ("something", "")], [("😀", "👍"), ("é", "e")]])
def test_few_and_odd_pairs_are_learned(programs, tmp_path, rows):
    train = written(tmp_path / "train.tsv", rows)
    programs.train("pairs", train, "--output", tmp_path / "model", "--hidden", 16, "--epochs", 60, "--rate", 0.02)
    text = "".join(source + "\n" for source, _ in rows)
    output = programs.inkling("transform", "--model", tmp_path / "model", input=text).stdout.decode()
    assert output.split("\n")[:-1] == [target for _, target in rows]


def test_secrets_and_forgotten_words_are_not_learned(programs, tmp_path):
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    rows = [("the weather", "sunny")] * 5 + [(f"token {secret}", "kept"), ("who", f"me {secret}")]
    result = programs.train(
        "pairs", written(tmp_path / "train.tsv", rows), "--units", "word", "--output", tmp_path / "model", "--hidden",
        8, "--epochs", 1, "--json")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    read = next(event for event in events if event["event"] == "pairs")
    assert (read["training"], read["withheld"]) == (5, 2)
    for file in (tmp_path / "model").iterdir():
        assert secret.encode() not in file.read_bytes()


def test_json_lines_hold_tabs_and_line_ends(programs, tmp_path):
    train = tmp_path / "train.jsonl"
    train.write_text(json.dumps({"source": "a\tb", "target": "x\ny"}) + "\n")
    programs.train("pairs", train, "--output", tmp_path / "model", "--hidden", 16, "--epochs", 80, "--rate", 0.02)
    (answer,) = requests(programs, tmp_path / "model", {"text": "a\tb"})
    assert answer["outputs"][0]["text"] == "x\ny"


@pytest.mark.parametrize("content,why", [
    ("no tab\n", "line"), ("a\tb\nc\td\te\n", "tabs"), ("", "no pairs"), ("\n\n", "no pairs"),
])
def test_what_is_no_pair_is_refused(programs, tmp_path, content, why):
    train = tmp_path / "train.tsv"
    train.write_text(content)
    result = programs.train("pairs", train, "--output", tmp_path / "model", check=1)
    error = result.stderr.decode()
    assert "train.tsv" in error and (why in error or "has no tab" in error)
    assert not (tmp_path / "model").exists()


def test_a_killed_run_leaves_what_it_goes_on_from(programs, tmp_path):
    train = written(tmp_path / "train.tsv", pairs(200))
    options = ["--units", "word", "--hidden", "16", "--threads", "2"]
    command = [
        str(BIN / "inkling-train"), "pairs", str(train), "--output", str(tmp_path / "model"),
        "--checkpoint-interval", "1s", "--epochs", "8000", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=programs.environment)
    checkpoint = tmp_path / "model.checkpoint"
    deadline = time.time() + 30
    while not checkpoint.exists() and time.time() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert checkpoint.exists() and not (tmp_path / "model").exists()
    # Of other pairs it is not the run that was stopped.
    other = written(tmp_path / "other.tsv", pairs(200, seed=2))
    refused = programs.train(
        "pairs", other, "--output", tmp_path / "model", "--resume", "--epochs", 1, *options, check=1)
    assert refused.stderr.startswith(b"inkling: ")
    programs.train("pairs", train, "--output", tmp_path / "model", "--resume", "--epochs", 1, *options)
    assert not checkpoint.exists() and (tmp_path / "model" / "model.json").exists()
    missing = programs.train("pairs", train, "--output", tmp_path / "another", "--resume", *options, check=1)
    assert b"--resume" in missing.stderr


@pytest.mark.parametrize("name", ["network.safetensors", "vocabulary.txt", "model.json"])
def test_damaged_models_are_refused(programs, model, tmp_path, name):
    for place, change in enumerate([lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:40] + b"\xff" * 40 + b[80:]]):
        copy = tmp_path / f"model{place}"
        shutil.copytree(model[0], copy)
        (copy / name).write_bytes(change((copy / name).read_bytes()))
        result = programs.inkling("transform", "--model", copy, input="Jan 1 10\n", check=1)
        assert result.stderr.startswith(b"inkling: ")


def test_another_kind_of_model_is_refused(programs, model):
    result = programs.inkling("classify", "--model", model[0], input="x", check=1)
    assert result.stderr.startswith(b"inkling: ")
