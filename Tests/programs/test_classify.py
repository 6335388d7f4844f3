"""inkling-train classify and inkling classify, as a person and a script meet them."""

import json
import random
import shutil
import signal
import subprocess
import time

import pytest

from program_support import BIN, Programs

GOOD = ["warm", "funny", "moving", "clever", "bright", "tender"]
BAD = ["dull", "clumsy", "tedious", "hollow", "noisy", "bleak"]
THINGS = ["film", "story", "cast", "script", "ending", "score", "pace"]


def reviews(count, seed=1):
    chance = random.Random(seed)
    for _ in range(count):
        label, words = chance.choice([("worth it 🎈", GOOD), ("not for me", BAD)])
        yield label, f"A {chance.choice(words)} {chance.choice(THINGS)}, and the {chance.choice(THINGS)} is {chance.choice(words)} too."


def write(path, examples):
    path.write_text("".join(f"{label}\t{text}\n" for label, text in examples))
    return path


@pytest.fixture(scope="session")
def labelled(tmp_path_factory):
    return write(tmp_path_factory.mktemp("labelled") / "reviews.tsv", reviews(300))


@pytest.fixture(scope="session")
def bag(tmp_path_factory, labelled):
    home = tmp_path_factory.mktemp("bag")
    Programs(home).train("classify", labelled, "--encoder", "bag", "--output", home / "model")
    return home / "model"


NETWORK = ["--encoder", "cnn", "--embedding", 16, "--filters", 16, "--threads", 1]


@pytest.fixture(scope="session")
def network(tmp_path_factory, labelled):
    home = tmp_path_factory.mktemp("cnn")
    Programs(home).train("classify", labelled, "--output", home / "model", "--epochs", 6, "--rate", 0.01, *NETWORK)
    return home / "model"


def events(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_training_tells_what_it_read_and_how_it_did(programs, labelled, tmp_path):
    test = write(tmp_path / "test.tsv", reviews(100, seed=2))
    found = events(
        programs.train(
            "classify", labelled, "--encoder", "bag", "--output", tmp_path / "m", "--test", test, "--folds", 3, "--json"))
    names = [event["event"] for event in found if event["event"] != "progress"]
    assert names[0] == "examples" and names[-1] == "finished" and "bag" in names
    scores = {event["on"]: event for event in found if event["event"] == "scores"}
    assert set(scores) == {"fold 0", "fold 1", "fold 2", "folds", "heldOut", "test"}
    assert scores["folds"]["examples"] == 300 and scores["test"]["accuracy"] == 1
    assert sum(map(sum, scores["test"]["confusion"])) == 100
    text = programs.train("classify", labelled, "--encoder", "bag", "--output", tmp_path / "m").stdout.decode()
    assert "worth it 🎈" in text and "held out: 100" in text
    page = (tmp_path / "m" / "report.html").read_text()
    assert "Calibration" in page and "http" not in page
    shown = programs.inkling("inspect", tmp_path / "m").stdout.decode()
    assert "kind: classifier" in shown and "encoder: bag" in shown


@pytest.mark.parametrize("model", ["bag", "network"])
def test_texts_are_classified(programs, request, model, tmp_path):
    model = request.getfixturevalue(model)
    text = tmp_path / "a review.txt"
    text.write_text("What a CLUMSY script, and the score is dull too.")
    line = programs.inkling("classify", "--model", model, text).stdout.decode()
    label, probability, name = line.rstrip("\n").split("\t")
    assert label == "not for me" and float(probability) > 0.6 and name == str(text)
    two = programs.inkling("classify", "--model", model, "--top", 2, input="a warm, funny film").stdout.decode().splitlines()
    assert [line.split("\t")[0] for line in two] == ["worth it 🎈", "not for me"]
    assert abs(sum(float(line.split("\t")[1]) for line in two) - 1) < 2e-4
    lines = "A warm film, and the cast is tender too.\nA dull film, and the cast is bleak too.\n\n"
    found = events(programs.inkling("classify", "--model", model, "--lines", "--json", "--explain", input=lines))
    assert [answer["line"] for answer in found] == [1, 2, 3]
    assert [answer["label"] for answer in found[:2]] == ["worth it 🎈", "not for me"]
    assert abs(sum(label["probability"] for label in found[0]["labels"]) - found[0]["probability"]) < 1e-6
    because = found[1]["because"]
    assert because and any("dull" in part["text"] or "bleak" in part["text"] for part in because[:3])
    first = because[0]
    second = lines.splitlines()[1].encode()
    assert second[first["byteOffset"]:][: first["byteCount"]].decode() == first["text"]
    assert found[2]["because"] == []


def test_requests_are_answered_one_by_one(programs, bag, tmp_path):
    (tmp_path / "t.txt").write_text("a tedious, hollow script")
    requests = [
        {"id": 1, "text": "a warm film", "top": 1}, {"id": "x", "path": str(tmp_path / "t.txt")}, {"text": 5},
        {"id": 4, "text": "a", "colour": 1}, {"path": "/nowhere"}, [1],
    ]
    lines = "".join(json.dumps(request) + "\n" for request in requests) + "no json\n\n" + json.dumps({"text": ""}) + "\n"
    found = events(programs.inkling("classify", "--model", bag, "--jsonl", input=lines))
    assert len(found) == 8
    assert found[0]["id"] == 1 and found[0]["label"] == "worth it 🎈" and len(found[0]["labels"]) == 1
    assert found[1]["id"] == "x" and found[1]["label"] == "not for me"
    assert all(set(answer["error"]) == {"what", "why", "remedy"} for answer in found[2:7])
    assert "label" in found[7]


def test_a_network_stays_beside_the_bag_only_where_it_helps(programs, labelled, tmp_path):
    """By default both are tried; where n-grams tell everything, nobody waits for a network's answers."""
    found = events(programs.train("classify", labelled, "--output", tmp_path / "m", "--embedding", 16, "--filters", 8, "--json"))
    assert any(event["event"] == "networkFinished" for event in found)
    assert found[-1]["encoder"] == "bag" and not (tmp_path / "m" / "network.safetensors").exists()
    # Which of two words comes first: single words do not tell, a filter over five does.
    chance = random.Random(3)
    examples = []
    for _ in range(600):
        first, second = chance.sample(["good", "bad"], 2)
        fill = [" ".join(chance.choice(["oh", "well", "then", "so"]) for _ in range(2)) for _ in range(3)]
        examples.append((first, f"{fill[0]} very {first} {fill[1]} very {second} {fill[2]}"))
    path = write(tmp_path / "order.tsv", examples)
    found = events(programs.train(
        "classify", path, "--output", tmp_path / "n", "--characters", 0, "--order", 1, "--embedding", 16, "--filters", 16,
        "--rate", 0.01, "--json"))
    assert found[-1]["encoder"] == "bag and multi-cnn"
    assert 0 <= json.loads((tmp_path / "n" / "model.json").read_text())["bag"]["share"] < 1
    for text, first in [("so so very good oh oh very bad well oh", "good"), ("so so very bad oh oh very good well oh", "bad")]:
        answer = programs.json("classify", "--model", tmp_path / "n", "--json", "--explain", input=text)
        assert answer["label"] == first and answer["because"]


def test_odd_corpora(programs, tmp_path):
    one = write(tmp_path / "one.tsv", [("same", "text one"), ("same", "text two")])
    for encoder in ["bag", "lstm"]:
        failed = programs.train("classify", one, "--output", tmp_path / "m", "--encoder", encoder, check=1)
        assert b"same" in failed.stderr and failed.stderr.count(b"\n") == 1
    assert not (tmp_path / "m").exists()
    single = write(tmp_path / "single.tsv", [("a", "x")])
    assert b"one label" in programs.train("classify", single, "--output", tmp_path / "m", check=1).stderr
    (tmp_path / "nothing.tsv").write_text("")
    assert b"no examples" in programs.train("classify", tmp_path / "nothing.tsv", "--output", tmp_path / "m", check=1).stderr
    (tmp_path / "bad.tsv").write_text("a\tx\nno tab here\n")
    assert b"bad.tsv, line 2" in programs.train("classify", tmp_path / "bad.tsv", "--output", tmp_path / "m", check=1).stderr
    # A label in two spellings is two labels, and somebody is told.
    twice = write(tmp_path / "twice.tsv", [("Spam", "buy now"), ("spam", "buy it"), ("ham", "see you"), ("ham", "")])
    trained = programs.train("classify", twice, "--encoder", "bag", "--output", tmp_path / "m")
    assert b"the labels Spam and spam" in trained.stderr
    assert programs.train("classify", tmp_path, "--output", tmp_path / "n", check=1).stderr.count(b"\n") == 1


@pytest.mark.parametrize("encoder", ["bag", "multi-cnn", "gru", "time-distributed-cnn-lstm"])
def test_a_long_text_is_read(programs, encoder, tmp_path):
    long = "an endless and tedious story " * 360_000
    path = write(tmp_path / "long.tsv", [("a", long), *[("b", f"short text {n}") for n in range(20)], ("a", "endless")])
    sizes = [] if encoder == "bag" else ["--epochs", 1, "--embedding", 8]
    programs.train("classify", path, "--output", tmp_path / "m", "--encoder", encoder, *sizes)
    start = time.monotonic()
    found = programs.json("classify", "--model", tmp_path / "m", "--json", input=long)
    assert found["label"] in ("a", "b") and time.monotonic() - start < 20


def test_secrets_and_forgotten_words_are_left_out(programs, tmp_path):
    examples = [("a", f"the key password=hunter2-Zx81qP{n} opens") for n in range(30)] + [("b", "nothing to see")] * 30
    path = write(tmp_path / "t.tsv", examples)
    for encoder in [["bag"], ["cnn", "--epochs", 1, "--embedding", 8]]:
        programs.train("classify", path, "--output", tmp_path / "m", "--encoder", *encoder)
        for file in (tmp_path / "m").iterdir():
            assert b"hunter2" not in file.read_bytes(), file


def test_a_killed_run_goes_on_to_the_same_weights(programs, labelled, tmp_path):
    run = ["classify", labelled, "--epochs", 30, "--patience", 1000, "--checkpoint-interval", "0.05s", *NETWORK]
    start = time.monotonic()
    programs.train(*run, "--output", tmp_path / "whole")
    longest = time.monotonic() - start
    output, checkpoint = tmp_path / "killed", tmp_path / "killed.checkpoint"
    kills = 0
    while kills < 3:
        resume = ["--resume"] if checkpoint.exists() else []
        process = subprocess.Popen(
            [str(BIN / "inkling-train"), *map(str, run), "--output", str(output), *resume],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=programs.environment)
        try:
            process.wait(timeout=longest * 0.6)
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        process.stderr.read()
        if process.wait() != -signal.SIGKILL:
            assert process.returncode == 0
            if kills:
                break
            # It was faster than the one that was timed.
            shutil.rmtree(output)
            longest /= 2
    if not output.exists():
        programs.train(*run, "--output", output, *(["--resume"] if checkpoint.exists() else []))
    assert kills > 0 and not checkpoint.exists()
    assert (output / "network.safetensors").read_bytes() == (tmp_path / "whole" / "network.safetensors").read_bytes()


def test_damaged_files_are_refused(programs, bag, network, prose_model, tmp_path):
    for model in [bag, network]:
        for name in ["model.json", "bag.safetensors", "network.safetensors", "vocabulary.txt"]:
            if not (model / name).exists():
                continue
            shutil.rmtree(tmp_path / "m", ignore_errors=True)
            shutil.copytree(model, tmp_path / "m")
            data = bytearray((model / name).read_bytes())
            data[len(data) // 2] ^= 64
            (tmp_path / "m" / name).write_bytes(data)
            failed = programs.inkling("classify", "--model", tmp_path / "m", input="text", check=1)
            assert failed.stderr.count(b"\n") == 1 and b"(" in failed.stderr
            (tmp_path / "m" / name).unlink()
            assert programs.inkling("classify", "--model", tmp_path / "m", input="text", check=1).stderr.count(b"\n") == 1
    assert b"no classifier" in programs.inkling("classify", "--model", prose_model, input="text", check=1).stderr
    assert b"no such model" in programs.inkling("classify", "--model", tmp_path / "none", input="text", check=1).stderr
    assert programs.inkling("complete", "--model", bag, input="text", check=1).stderr.count(b"\n") == 1


def test_options_that_do_not_go_together_are_refused(programs, labelled, tmp_path):
    run = ["classify", labelled, "--output", tmp_path / "m"]
    for options in [
        ["--encoder", "bag", "--epochs", 3], ["--encoder", "lstm", "--order", 2], ["--folds", 1], ["--fold-limit", 2], ["--characters", "5-2"],
        ["--encoder", "cnn", "--resume", "--folds", 3], ["--encoder", "cnn", "--epochs", 2, "--time", "3s"],
        ["--encoder", "sonnet"], ["--encoder", "bag", "--vectors", "x"], ["--resume"],
    ]:
        failed = programs.train(*run, *options, check=2)
        assert failed.stderr.startswith(b"inkling: usage: ") and failed.stderr.count(b"\n") == 1
    assert programs.inkling("classify", "--model", tmp_path, "--jsonl", "--lines", check=2).stderr
    assert not (tmp_path / "m").exists()


def test_phrases_are_drawn(programs, labelled, bag, tmp_path):
    programs.train("classify", labelled, "--encoder", "rae", "--embedding", 12, "--epochs", 6, "--rate", 0.01, "--output", tmp_path / "m")
    text = "A warm film,\tand ça 🎈 is dull"
    drawn = programs.inkling("inspect", tmp_path / "m", "--phrases", text).stdout.decode().splitlines()
    nodes = programs.json("inspect", tmp_path / "m", "--phrases", text, "--json")["nodes"]
    words = [node for node in nodes if not node["children"]]
    assert len(nodes) == 2 * len(words) - 1 == len(drawn) and nodes[-1]["text"] == text
    assert drawn[0].startswith(nodes[-1]["label"]) and drawn[1].startswith(("├─ ", "└─ "))
    # Every phrase is drawn, and is made of two others, side by side.
    for place, node in enumerate(nodes):
        assert text.encode()[node["byteOffset"]:][: node["byteCount"]].decode() == node["text"]
        assert 0.5 <= node["probability"] <= 1 and node["label"] in ("worth it 🎈", "not for me")
        assert any(line.endswith("  " + node["text"].replace("\t", " ")) or "\t" in node["text"] for line in drawn)
        if node["children"]:
            left, right = (nodes[child] for child in node["children"])
            assert max(node["children"]) < place and left["byteOffset"] + left["byteCount"] <= right["byteOffset"]
            assert node["byteOffset"] == left["byteOffset"] and node["error"] > 0
    assert sorted(child for node in nodes for child in node["children"]) == list(range(len(nodes) - 1))
    assert programs.inkling("inspect", tmp_path / "m", "--phrases", "").stdout == b""
    message = programs.inkling("inspect", bag, "--phrases", "a", check=1).stderr
    assert b"makes no phrases" in message and b"--encoder rae" in message


def test_trees_keep_an_average_of_their_weights(programs, labelled, tmp_path):
    def weights(*options):
        programs.train("classify", labelled, "--encoder", "rae", "--embedding", 8, "--epochs", 2, "--threads", 1, "--output", tmp_path / "m", *options)
        return (tmp_path / "m" / "network.safetensors").read_bytes()

    usual = weights()
    assert weights("--averaging", 0.995) == usual != weights("--averaging", 0)
    message = programs.run("inkling-train", "classify", labelled, "--encoder", "rae", "--averaging", 1, "--output", tmp_path / "m", check=2).stderr
    assert b"--averaging is 1.0, not 0 to below 1" in message
