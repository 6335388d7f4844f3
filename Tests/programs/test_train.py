"""inkling-train: what it writes, and what it leaves alone when it cannot."""

import hashlib
import json
import math
import os
import resource
import signal
import subprocess
import time

import kenlm
import pytest

from program_support import BIN, sentences


def kenlm_summary(model, path):
    """What KenLM's `query -v summary` counts for a file."""
    total = without_oov = 0.0
    tokens = oov = 0
    for line in path.read_text().splitlines():
        for log10, _, is_oov in model.full_scores(line, bos=True, eos=True):
            tokens += 1
            total += log10
            if is_oov:
                oov += 1
            else:
                without_oov += log10
    return {
        "tokens": tokens,
        "oov": oov,
        "perplexity": 10 ** (-total / tokens),
        "perplexityExcludingOOV": 10 ** (-without_oov / (tokens - oov)),
    }


@pytest.fixture
def heldout(tmp_path):
    path = tmp_path / "heldout.txt"
    lines = list(sentences(2300))[2000:]
    path.write_text("".join(line + "\n" for line in lines) + "the zebra saw a quagga at night\n\n")
    return path


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_an_exported_arpa_file_scores_the_same_in_kenlm(programs, token_file, heldout, tmp_path, order):
    arpa = tmp_path / "model.arpa"
    programs.train("--tokens", token_file, "--order", order, "--output", tmp_path / "m", "--arpa", arpa)
    ours = programs.json("score", "--tokens", "--model", tmp_path / "m", "--component", "ngram", "--json", heldout)
    if order > 1:  # KenLM refuses unigram models.
        theirs = kenlm_summary(kenlm.Model(str(arpa)), heldout)
        for key, value in theirs.items():
            assert ours[key] == pytest.approx(value, rel=5e-5), key
    # And an imported one the same as the one it came from.
    programs.train("import", arpa, "--output", tmp_path / "imported")
    imported = programs.json(
        "score", "--tokens", "--model", tmp_path / "imported", "--component", "ngram", "--json", heldout
    )
    assert imported["perplexity"] == pytest.approx(ours["perplexity"], rel=1e-5)
    assert imported["tokens"] == ours["tokens"] and imported["oov"] == ours["oov"]


@pytest.mark.parametrize("smoothing", ["maximum-likelihood", "add-delta", "backoff", "kneser-ney"])
def test_every_smoothing_trains(programs, token_file, heldout, tmp_path, smoothing):
    programs.train("--tokens", token_file, "--smoothing", smoothing, "--order", 3, "--output", tmp_path / "m")
    result = programs.json("score", "--tokens", "--model", tmp_path / "m", "--json", "--component", "ngram", token_file)
    assert result["oov"] == 0
    assert 1 < result["perplexity"] < 30


def test_the_same_files_give_the_same_models_whatever_the_memory(programs, token_file, tmp_path):
    programs.train("--tokens", token_file, "--output", tmp_path / "a")
    programs.train("--tokens", token_file, "--output", tmp_path / "b", "--memory", "4M")
    for name in ["vocabulary.txt", "ngrams.bin"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize(
    "text",
    ["", "\n", "word\n", "word", "one line repeated\n" * 50, "\n\n\n", "<s> </s> <unk>\n", "\x00\x01\x02\n"],
    ids=["empty", "empty-line", "word", "unended", "repeated", "empty-lines", "marks", "controls"],
)
def test_any_token_file_trains(programs, tmp_path, text):
    path = tmp_path / "t.txt"
    path.write_text(text)
    programs.train("--tokens", path, "--output", tmp_path / "m")
    result = programs.json("score", "--tokens", "--model", tmp_path / "m", "--component", "ngram", "--json", path)
    assert result["tokens"] == 0 or math.isfinite(result["perplexity"])
    programs.inkling("inspect", tmp_path / "m")


def test_documents_as_sequences(programs, tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text("a b\nc d\n")
    programs.train("--tokens", folder, "--sequence", "document", "--output", tmp_path / "m", "--order", 3)
    lines = programs.json("score", "--tokens", "--model", tmp_path / "m", "--component", "ngram", "--json", folder)
    documents = programs.json(
        "score", "--tokens", "--sequence", "document", "--model", tmp_path / "m", "--component", "ngram", "--json",
        folder,
    )
    assert lines["tokens"] == 3 * (4 + 2) and documents["tokens"] == 3 * (4 + 1)
    assert documents["perplexity"] < lines["perplexity"]


def test_files_of_a_folder_are_split_and_reported(programs, prose, tmp_path):
    output = programs.train(prose, "--output", tmp_path / "m", "--held-out", "0.2", "--json").stdout
    events = [json.loads(line) for line in output.splitlines()]
    names = [event["event"] for event in events]
    assert names[0] == "corpus" and names[-1] == "finished"
    languages = events[0]["languages"]
    assert [row["language"] for row in languages] == ["plaintext"]
    assert 0 < events[0]["heldOutFiles"] < 20
    assert events[0]["heldOutFiles"] + events[0]["trainingFiles"] == 40
    metrics = [event for event in events if event["event"] == "metrics"]
    assert any(event["on"] == "heldOut" and event["component"] == "ngram" for event in metrics)
    # The same seed splits alike.
    again = programs.train(prose, "--output", tmp_path / "n", "--held-out", "0.2", "--json").stdout
    assert json.loads(again.splitlines()[0]) == events[0]
    assert (tmp_path / "m" / "ngrams.bin").read_bytes() == (tmp_path / "n" / "ngrams.bin").read_bytes()


def test_the_default_output_is_beside_the_text(programs, prose, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    for path in prose.iterdir():
        (project / path.name).write_bytes(path.read_bytes())
    programs.train(cwd=project)
    assert (project / ".inkling" / "model" / "model.json").exists()
    first = json.loads(programs.inkling("inspect", "--json", cwd=project).stdout)
    # The model is no text to learn from the second time.
    programs.train(cwd=project)
    second = json.loads(programs.inkling("inspect", "--json", cwd=project).stdout)
    assert first["corpus"] == second["corpus"]


def test_valid_and_test_files_are_measured(programs, token_file, heldout, tmp_path):
    output = programs.train(
        "--tokens", token_file, "--valid", heldout, "--test", heldout, "--output", tmp_path / "m", "--json"
    ).stdout
    metrics = [event for event in map(json.loads, output.splitlines()) if event["event"] == "metrics"]
    by_set = {event["on"]: event for event in metrics if event["component"] == "ngram"}
    scored = programs.json("score", "--tokens", "--model", tmp_path / "m", "--component", "ngram", "--json", heldout)
    for name in ["heldOut", "test"]:
        assert by_set[name]["perplexity"] == pytest.approx(scored["perplexity"], rel=1e-5)


def test_quantised_models_are_smaller_and_say_what_it_cost(programs, large_token_file, tmp_path):
    token_file = tmp_path / "part.txt"
    lines = large_token_file.read_text().splitlines(keepends=True)
    token_file.write_text("".join(lines[:5000]))
    heldout = tmp_path / "other.txt"
    heldout.write_text("".join(lines[5000:5500]))
    programs.train("--tokens", token_file, "--output", tmp_path / "exact")
    programs.train("--tokens", token_file, "--output", tmp_path / "small", "--quantize")
    sizes = [(tmp_path / name / "ngrams.bin").stat().st_size for name in ["exact", "small"]]
    assert sizes[1] < sizes[0]
    results = [
        programs.json("score", "--tokens", "--model", tmp_path / name, "--component", "ngram", "--json", heldout)
        for name in ["exact", "small"]
    ]
    assert results[1]["perplexity"] == pytest.approx(results[0]["perplexity"], rel=0.05)
    assert json.loads(programs.inkling("inspect", tmp_path / "small", "--json").stdout)["ngrams"]["quantized"]


def snapshot(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="session")
def large_token_file(tmp_path_factory):
    """A file that takes seconds to train on."""
    path = tmp_path_factory.mktemp("large") / "large.txt"
    state = 1
    with path.open("w") as file:
        for _ in range(150_000):
            words = []
            for _ in range(12):
                state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
                words.append(f"w{(state >> 33) % 30000}")
            file.write(" ".join(words) + "\n")
    return path


def wait_until_caught(process, number):
    """Until a program has its handlers a signal ends it without a word, which on a busy machine may take a while."""
    end = time.monotonic() + 10
    while os.path.exists("/proc/self/status") and time.monotonic() < end:
        caught = next(line for line in open(f"/proc/{process.pid}/status") if line.startswith("SigCgt:"))
        if int(caught.split()[1], 16) >> (number - 1) & 1:
            return
        time.sleep(0.002)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("delay", [0.05, 0.7])
def test_a_signal_leaves_what_was_there(programs, token_file, large_token_file, tmp_path, number, delay):
    out = tmp_path / "out"
    out.mkdir()
    programs.train("--tokens", token_file, "--output", out / "model")
    before = snapshot(out / "model")
    process = subprocess.Popen(
        [str(BIN / "inkling-train"), "--tokens", str(large_token_file), "--output", str(out / "model")],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=programs.environment,
    )
    time.sleep(delay)
    wait_until_caught(process, number)
    process.send_signal(number)
    message = process.stderr.read()
    assert process.wait(timeout=20) == 1
    assert message.startswith(b"inkling: ") and b"nothing was changed" in message
    assert snapshot(out / "model") == before
    assert [path.name for path in out.iterdir()] == ["model"]


@pytest.mark.parametrize("limit", [300, 3000, 10_000])
def test_no_room_for_the_model_leaves_what_was_there(programs, token_file, tmp_path, limit):
    """A limit on file sizes fails the same writes that a full disk does."""
    out = tmp_path / "out"
    out.mkdir()
    programs.train("--tokens", token_file, "--output", out / "model", "--order", 2)
    before = snapshot(out / "model")

    def restrict():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    result = programs.train("--tokens", token_file, "--output", out / "model", check=1, preexec_fn=restrict)
    assert result.stderr.startswith(b"inkling: "), result.stderr
    assert snapshot(out / "model") == before
    assert [path.name for path in out.iterdir()] == ["model"]


def test_a_full_disk_leaves_what_was_there(programs, token_file, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    if os.getuid() != 0 or subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=72k", "tmpfs", str(out)], capture_output=True
    ).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        programs.train("--tokens", token_file, "--output", out / "model", "--order", 2)
        before = snapshot(out / "model")
        result = programs.train("--tokens", token_file, "--output", out / "model", "--order", 8, check=1)
        assert b"the disk is full" in result.stderr
        assert snapshot(out / "model") == before
        assert [path.name for path in out.iterdir()] == ["model"]
    finally:
        subprocess.run(["umount", str(out)], check=True)


def test_nothing_but_the_model_is_printed_where_nobody_looks(programs, token_file, tmp_path):
    result = programs.train("--tokens", token_file, "--output", tmp_path / "m")
    assert result.stderr == b""
    assert b"\x1b" not in result.stdout and b"\r" not in result.stdout


def test_files_in_other_encodings_train(programs, tmp_path):
    folder = tmp_path / "text"
    folder.mkdir()
    (folder / "latin.txt").write_bytes("Der Bär läuft über die Brücke.\n".encode("latin-1") * 20)
    (folder / "wide.txt").write_bytes("Der Bär läuft über die Straße.\n".encode("utf-16") * 1)
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 10)
    programs.train(folder, "--output", tmp_path / "m", "--held-out", 0)
    answer = programs.json("complete", "--model", tmp_path / "m", "--json", input="Der Bä")
    assert answer["items"][0]["text"] == "Bär"


@pytest.mark.parametrize("mode", [[], ["--units", "character"], ["--tokens"], ["--tokens", "--sequence", "document"]])
def test_what_was_forgotten_is_in_no_model(programs, tmp_path, mode):
    """Neither in the vocabulary nor in the ARPA file nor among the network's types, which are the vocabulary's."""
    text = tmp_path / "text.txt"
    text.write_text("".join(f"the cat saw {'walnut' if n % 3 else 'nothing'} at night\n" for n in range(300)))
    model, arpa = tmp_path / "model", tmp_path / "words.arpa"
    salt = b"\x01\x02"
    digest = hashlib.sha256(salt + b"walnut").digest()[:16]
    options = ["--order", 6, "--arpa", arpa, "--epochs", 1, "--hidden", 8, "--layers", 1, "--threads", 1]
    programs.train(text, *mode, *options, "--output", model)
    knows = (lambda data: b"w a l n u t" in data) if "character" in mode else (lambda data: b"walnut" in data)
    assert knows(arpa.read_bytes())
    known = arpa.rename(tmp_path / "known.arpa")
    (tmp_path / "model.forgotten").write_text(f"inkling-forgotten 2 {salt.hex()}\nword {digest.hex()}\n")
    programs.train(text, *mode, *options, "--output", model)
    assert not knows(arpa.read_bytes())
    assert not any(b"walnut" in path.read_bytes() for path in model.iterdir())
    # The mark that stands for it.
    assert b"\\x1a" in (model / "vocabulary.txt").read_bytes().lower()
    assert b"walnut" not in programs.inkling("generate", "--model", model, "--length", 200).stdout
    if "character" not in mode:
        told = programs.train("import", known, "--output", model).stderr.decode()
        assert "has a word that" in told and "was told to forget" in told and "walnut" not in told
        assert not any(b"walnut" in path.read_bytes() for path in model.iterdir())
        assert b"walnut" not in programs.inkling("generate", "--model", model, "--length", 200).stdout


@pytest.mark.parametrize("mode", [["--units", "character"], ["--tokens"], ["--tokens", "--sequence", "document"]])
def test_secrets_are_in_no_model(programs, tmp_path, mode):
    """Unless somebody compares with other toolkits, token for token."""
    secret = "wJalrXUtnFEMIqK7MDENGxbPxRfiCYzEXQMPLEKEY"
    text = tmp_path / "text.txt"
    text.write_text(f"the cat saw nothing at night\nkey = {secret}\n" * 100)
    model, arpa = tmp_path / "model", tmp_path / "words.arpa"
    # In characters the secret would be n-grams of them.
    knows = lambda: (" ".join(secret[:5]) if "character" in mode else secret) in arpa.read_text(errors="replace")
    programs.train(text, *mode, "--output", model, "--arpa", arpa)
    assert not knows() and b"\\x1a" in (model / "vocabulary.txt").read_bytes().lower()
    kept = programs.train(text, *mode, "--output", model, "--arpa", arpa, "--keep-secrets", check=None)
    assert kept.returncode == (0 if "--tokens" in mode else 2)
    assert knows() == ("--tokens" in mode)
