"""inkling-train tag and inkling tag: taggers of all kinds, odd texts, runs that are killed, damaged models."""

import json
import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from program_support import BIN, Programs

TAGS = {"the": "DET", "a": "DET", "in": "ADP", "near": "ADP", "sleeps": "VERB", "runs": "VERB", ".": "PUNCT"}


def tagged(count, seed=3):
    """Sentences in which a word's neighbours say whether `run` and `walk` are nouns or verbs."""
    draw = random.Random(seed)
    lines = []
    for _ in range(count):
        noun = draw.choice(["dog", "cat", "bird", "house", "run", "walk", "Paris"])
        words = [(draw.choice(["the", "a"]), "DET"), (noun, "PROPN" if noun == "Paris" else "NOUN")]
        verb = draw.choice(["sleeps", "runs", "run", "walk", "jumping"])
        words += [(verb, "VERB")]
        if draw.random() < 0.5:
            words += [(draw.choice(["in", "near"]), "ADP"), ("the", "DET"), (draw.choice(["garden", "walk"]), "NOUN")]
        words.append((".", "PUNCT"))
        lines += [f"{word}\t{tag}" for word, tag in words] + [""]
    return "\n".join(lines) + "\n"


KINDS = ["hmm", "crf", "rnn", "lstm", "bilstm", "bilstm-crf"]
SMALL = ["--hidden", 16, "--epochs", 60]


def options(kind):
    return ["--tagger", kind] + (SMALL if kind not in ("hmm", "crf") else [])


@pytest.fixture(scope="session")
def text(tmp_path_factory):
    home = tmp_path_factory.mktemp("tagged")
    (home / "train.tsv").write_text(tagged(150))
    (home / "test.tsv").write_text(tagged(40, seed=8))
    return home


@pytest.fixture(scope="session")
def models(tmp_path_factory, text):
    """A tagger of each kind, and the events of its training."""
    home = tmp_path_factory.mktemp("taggers")
    events = {}
    for kind in KINDS:
        result = Programs(home).train(
            "tag", text / "train.tsv", "--valid", text / "test.tsv", "--test", text / "test.tsv",
            "--output", home / kind, "--json", *options(kind))
        events[kind] = [json.loads(line) for line in result.stdout.splitlines()]
    return home, events


def accuracy(events, on="test"):
    return next(event for event in events if event["event"] == "tagging" and event["on"] == on)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_learns_what_it_is_taught(programs, models, kind):
    home, events = models
    found = accuracy(events[kind])
    # A tagger that does not look ahead cannot tell all; every word here is told by itself or by the one before.
    assert found["accuracy"] > 0.97, found["accuracy"]
    assert sum(row["words"] for row in found["tags"]) == found["words"]
    assert sum(map(sum, found["confusion"])) == found["words"]
    assert events[kind][-1]["event"] == "finished"
    answer = programs.inkling("tag", "--model", home / kind, input="The dog runs. Near the walk a bird sleeps.")
    lines = answer.stdout.decode().split("\n")
    assert [line.split("\t")[0] for line in lines if line][:4] == ["The", "dog", "runs", "."]
    assert lines[1] == "dog\tNOUN" and lines[4] == ""


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_are_distributions(programs, models, kind):
    home, _ = models
    answer = programs.json(
        "tag", "--model", home / kind, "--json", "--probabilities", input="The dog runs in the garden .")
    words = answer["texts"][0]["sentences"][0]
    for word in words:
        assert abs(sum(word["probabilities"].values()) - 1) < 1e-4
    assert words[1]["byteOffset"] == 4 and words[1]["byteCount"] == 3
    top = programs.json(
        "tag", "--model", home / kind, "--json", "--probabilities", "--top", 2, input="The dog runs")
    assert all(len(word["probabilities"]) == 2 for word in top["texts"][0]["sentences"][0])


def test_a_filter_knows_only_what_stands_before(programs, models):
    home, _ = models
    for kind in ["hmm", "rnn", "lstm"]:
        def first(text):
            answer = programs.json(
                "tag", "--model", home / kind, "--json", "--probabilities", "--filter", "--words", input=text)
            return answer["texts"][0]["sentences"][0][0]["probabilities"]
        alone, together = first("walk\n"), first("walk\nthe\nwalk\n")
        assert all(abs(alone[tag] - together[tag]) < 1e-6 for tag in alone)
    for kind in ["crf", "bilstm", "bilstm-crf"]:
        result = programs.inkling("tag", "--model", home / kind, "--filter", check=1, input="a b")
        assert b"looks at the words behind" in result.stderr


def test_requests_are_answered_one_a_line(programs, models):
    home, _ = models
    requests = [
        {"id": 1, "words": ["the", "walk", "sleeps", "."]}, {"id": 2, "text": "A dog runs. A cat sleeps."}, {"id": 3},
        {"id": 4, "words": []}, {"id": 5, "text": ""}, {"id": 6, "words": ["a"], "nonsense": 1}, [], "x",
    ]
    lines = "\n".join(json.dumps(request) for request in requests) + "\nno json\n"
    answers = programs.inkling("tag", "--model", home / "hmm", "--jsonl", input=lines).stdout.splitlines()
    answers = [json.loads(answer) for answer in answers]
    assert len(answers) == 9
    assert [word["tag"] for word in answers[0]["words"]] == ["DET", "NOUN", "VERB", "PUNCT"]
    assert len(answers[1]["sentences"]) == 2
    assert answers[3] == {"id": 4, "words": []} and answers[4] == {"id": 5, "sentences": []}
    for place in (2, 5, 6, 7, 8):
        assert "error" in answers[place], answers[place]


def test_inspect_shows_a_tagger(programs, models):
    home, _ = models
    for kind in ["hmm", "bilstm-crf"]:
        assert b"tagger: " + kind.encode() in programs.inkling("inspect", home / kind).stdout
        assert programs.json("inspect", home / kind, "--json")["kind"] == "tagger"
    # A tagger is no language model, and says so.
    result = programs.inkling("complete", "--model", home / "hmm", check=1, input="a")
    assert b"is no language model" in result.stderr


def test_the_default_is_said(programs, text, tmp_path):
    result = programs.train("tag", text / "train.tsv", cwd=tmp_path)
    assert b"tagger: crf (the default" in result.stdout
    assert (tmp_path / ".inkling" / "tagger" / "model.json").exists()
    assert (tmp_path / ".inkling" / ".gitignore").read_text() == "*\n"
    assert b"dog\tNOUN" in programs.inkling("tag", input="the dog runs", cwd=tmp_path).stdout


def test_classes_are_found_without_tags(programs, text, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("\n".join(line.split("\t")[0] for line in (text / "train.tsv").read_text().split("\n")))
    result = programs.train(
        "tag", words, "--classes", 6, "--epochs", 15, "--seed", 2, "--output", tmp_path / "classes", "--json")
    losses = [event["loss"] for event in map(json.loads, result.stdout.splitlines()) if event["event"] == "pass"]
    assert len(losses) == 15 and losses[-1] < losses[0]
    answer = programs.json("tag", "--model", tmp_path / "classes", "--json", input="the dog runs .")
    assert answer["tags"] == [f"C{number}" for number in range(1, 7)]


ODD = {
    "one tag": "a\tX\nb\tX\n",
    "one word": "a\tX\n",
    "blank lines": "\n\n\na\tX\n\n \n\nb\tY\n\n\n",
    "emoji": "a\t🐈‍⬛\nb\tY Z\n",
    "no line end": "a\tX\nb\tY",
    "bytes": b"\xff\xfe\tX\n\x01\tY\n",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_texts_are_learned(programs, tmp_path, name):
    content = ODD[name]
    path = tmp_path / "odd.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for kind in ["hmm", "crf", "bilstm-crf"]:
        small = ["--hidden", 2, "--epochs", 2] if kind == "bilstm-crf" else []
        programs.train("tag", path, "--tagger", kind, "--test", path, "--output", tmp_path / kind, *small)
        answer = programs.inkling("tag", "--model", tmp_path / kind, "--words", path)
        assert answer.stdout.count(b"\t") == content.count(b"\t" if isinstance(content, bytes) else "\t")


def test_universal_dependencies(programs, tmp_path):
    def line(number, word, tag):
        return "\t".join([number, word, "_", tag, "_", "_", "0", "_", "_", "_"]) + "\n"
    path = tmp_path / "text.conllu"
    path.write_text(
        "# sent_id = 1\n" + line("1-2", "Don't", "_") + line("1", "Do", "AUX") + line("2", "n't", "PART")
        + line("3", "go", "VERB") + line("3.1", "away", "ADV") + "\n", newline="\r\n")
    result = programs.train("tag", path, "--tagger", "hmm", "--output", tmp_path / "model", "--json")
    read = json.loads(result.stdout.splitlines()[0])
    assert (read["words"], read["sentences"], read["tags"]) == (3, 1, 3)


@pytest.mark.parametrize("content, reason", [
    ("", b"there is no word in it"), ("\n\n", b"there is no word in it"),
    ("a\tX\nb\n", b"odd.tsv:2: has no tag"), ("a\tX\n\tY\n", b"odd.tsv:2: has no word"),
])
def test_texts_that_are_no_tagged_text_are_refused(programs, tmp_path, content, reason):
    path = tmp_path / "odd.tsv"
    path.write_text(content)
    for kind in KINDS:
        result = programs.train("tag", path, "--tagger", kind, "--output", tmp_path / "model", check=1)
        assert reason in result.stderr, result.stderr
        assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("arguments", [
    ["--tagger", "hmm", "--hidden", 4], ["--tagger", "crf", "--resume"], ["--classes", 1],
    ["--tagger", "crf", "--classes", 4], ["--vectors", "x"], ["--tagger", "hmm", "--epochs", 3], ["--epochs", 0],
    ["--tagger", "bilstm", "--hidden", 100_000],
])
def test_options_that_do_not_fit_are_refused(programs, text, tmp_path, arguments):
    result = programs.train("tag", text / "train.tsv", "--output", tmp_path / "model", *arguments, check=2)
    assert arguments[-2 if arguments[-1] != "--resume" else -1].encode() in result.stderr, result.stderr


def test_without_a_checkpoint_nothing_goes_on(programs, text, tmp_path):
    result = programs.train(
        "tag", text / "train.tsv", "--tagger", "bilstm", "--resume", "--output", tmp_path / "model", check=1)
    assert b"there is no checkpoint" in result.stderr


def test_a_sentence_of_a_hundred_thousand_words(programs, models, tmp_path):
    home, _ = models
    path = tmp_path / "long.txt"
    path.write_text("the\ndog\nruns\nnear\na\nwalk\n" * 17_000)
    for kind in ["hmm", "crf", "bilstm-crf"]:
        answer = programs.inkling("tag", "--model", home / kind, "--words", path)
        assert answer.stdout.count(b"\n") == 102_000
        assert answer.stdout.startswith(b"the\tDET\ndog\tNOUN\nruns\tVERB\nnear\tADP\n")


def test_vectors_are_read(programs, text, tmp_path):
    words = sorted({line.split("\t")[0] for line in (text / "train.tsv").read_text().split("\n") if line})
    vectors = tmp_path / "vectors.txt"
    vectors.write_text(
        f"{len(words)} 3\n" + "".join(f"{word} 0.5 -1 {place}\n" for place, word in enumerate(words)))
    run = ["tag", text / "train.tsv", "--tagger", "bilstm", "--hidden", 4, "--epochs", 1]
    programs.train(*run, "--output", tmp_path / "model", "--vectors", vectors)
    layers = programs.json("inspect", tmp_path / "model", "--json")["network"]["layers"]
    assert layers[0]["size"] == 3
    for content in ["", "a 1 2\nb 1\n", "a 1 x\n"]:
        vectors.write_text(content)
        result = programs.train(*run, "--output", tmp_path / "none", "--vectors", vectors, check=1)
        assert b"word2vec or GloVe" in result.stderr


def test_a_run_that_is_killed_goes_on_to_the_same_weights(programs, text, tmp_path):
    run = ["tag", text / "train.tsv", "--valid", text / "test.tsv", "--tagger", "bilstm-crf", "--hidden", 16,
           "--epochs", 12, "--threads", 1, "--checkpoint-interval", "0.02s"]
    start = time.monotonic()
    programs.train(*run, "--output", tmp_path / "whole")
    longest = 0.7 * (time.monotonic() - start)
    expected = (tmp_path / "whole" / "network.safetensors").read_bytes()
    output, checkpoint = tmp_path / "killed", tmp_path / "killed.checkpoint"
    delays = random.Random(5)
    kills = 0
    for _ in range(40):
        resume = ["--resume"] if checkpoint.exists() else []
        process = subprocess.Popen(
            [str(BIN / "inkling-train"), *map(str, run), "--output", str(output), *resume],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=programs.environment)
        try:
            if kills < 3:
                process.wait(timeout=delays.uniform(0.2, 1) * longest)
            else:
                process.wait(timeout=60)
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    assert (output / "network.safetensors").read_bytes() == expected
    assert not checkpoint.exists()


@pytest.mark.parametrize("kind", ["hmm", "crf", "bilstm-crf"])
def test_a_damaged_model_is_refused_with_a_sentence(programs, models, tmp_path, kind):
    home, _ = models
    names = [path.name for path in (home / kind).iterdir() if path.suffix in (".bin", ".safetensors", ".txt")]
    for name in names + ["model.json"]:
        for damage in ["cut", "flipped", "gone", "empty"]:
            copy = tmp_path / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(home / kind, copy)
            path = copy / name
            content = bytearray(path.read_bytes())
            if damage == "gone":
                path.unlink()
            elif damage == "flipped":
                content[len(content) // 2] ^= 1
                path.write_bytes(content)
            else:
                path.write_bytes(content[:0 if damage == "empty" else len(content) // 2])
            result = programs.inkling("tag", "--model", copy, check=1, input="a dog")
            assert result.stderr.startswith(b"inkling: ") and result.stderr.count(b"\n") == 1, result.stderr


def test_secrets_and_forgotten_words_are_not_learned(programs, tmp_path):
    secret = "ghp_" + "x7Kq9Zt2Lm4Np8Rs1Vw3Yb5Cd6Fg0Hj2Kl4M"
    path = tmp_path / "text.tsv"
    path.write_text(f"token\tNOUN\n{secret}\tX\n\nzanzibar\tPROPN\nsleeps\tVERB\n\n")
    output = tmp_path / "model"
    # What is forgotten is kept beside the model, wherever there is none yet.
    run = ["tag", path, "--tagger", "bilstm", "--hidden", 2, "--epochs", 1, "--output", output]
    programs.train(*run)
    vocabulary = (output / "vocabulary.txt").read_text()
    assert "zanzibar" in vocabulary and secret.lower() not in vocabulary


def test_nothing_is_left_beside_a_tagger_whose_training_failed(programs, text, tmp_path):
    before = set(os.listdir(tmp_path))
    programs.train("tag", text / "missing.tsv", "--output", tmp_path / "model", check=1)
    assert set(os.listdir(tmp_path)) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    programs.train("tag", text / "train.tsv", "--tagger", "hmm", "--output", tmp_path / "mine", check=1)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "mine"
