"""Where text comes from and goes to: pipes, byte order marks, what divides tokens, outputs that cannot be written."""

import json
import os
import subprocess
import threading

import pytest

from program_support import BIN

MARK = b"\xef\xbb\xbf"


@pytest.fixture(scope="session")
def arpa_file(tmp_path_factory):
    """Four words, as SRILM writes them; n-grams up to order 2."""
    path = tmp_path_factory.mktemp("arpa") / "small.arpa"
    path.write_text(
        "\\data\\\nngram 1=4\nngram 2=2\n\n\\1-grams:\n-1.0\t<unk>\n-99\t<s>\t-0.3\n-0.5\t</s>\n-0.4\ta\t-0.2\n\n"
        "\\2-grams:\n-0.3\t<s> a\n-0.2\ta </s>\n\n\\end\\\n"
    )
    return path


def shell(programs, command, **options):
    """A command line of bash in which $INKLING and $TRAIN are the programs."""
    environment = {**programs.environment, "INKLING": str(BIN / "inkling"), "TRAIN": str(BIN / "inkling-train")}
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, env=environment, cwd=programs.home, timeout=120, **options
    )


def test_pipes_are_read_as_files_are(programs, token_model, token_file, prose_model, prose, arpa_file):
    page = sorted(prose.iterdir())[0]
    for words, path in [
        (["score", "--tokens", "--json", "--model", token_model], token_file),
        (["score", "--json", "--model", prose_model], page),
        (["evaluate", "--json", "--model", token_model, "--tokens"], arpa_file),
        (["evaluate", "--json", "--model", prose_model, "--language", "plaintext"], page),
        (["complete", "--json", "--model", prose_model], page),
        (["highlight", "--format", "plain", "--model", prose_model, "--threshold", "3"], page),
    ]:
        expected = programs.inkling(*words, path).stdout
        command = f"\"$INKLING\" {' '.join(map(str, words))}"
        for way in [f"<(cat {path})", f"/dev/stdin < <(cat {path})", f"- < <(cat {path})"]:
            result = shell(programs, f"{command} {way}")
            assert result.returncode == 0, (way, result.stderr)
            if b"highlight" in command.encode() or words[0] == "complete":
                # These name the text, and the name differs.
                assert result.stdout.count(b"\n") == expected.count(b"\n")
            else:
                assert result.stdout == expected, (words, way)


def test_training_reads_pipes_more_than_once(programs, token_file, tmp_path):
    small = "--order 2 --epochs 1 --hidden 8 --batch 4"
    # Another text: what is measured on is never learned from.
    other = tmp_path / "other.txt"
    other.write_bytes(token_file.read_bytes()[:-1] + b" again\n")
    files = f"--tokens {token_file} --valid {other} --test {other} {small} --output files"
    pipes = f"--tokens <(cat {token_file}) --valid <(cat {other}) --test <(cat {other}) {small} --output pipes"
    for command in (files, pipes):
        result = shell(programs, f'"$TRAIN" {command}')
        assert result.returncode == 0, result.stderr
    for name in ("ngrams.bin", "vocabulary.txt", "recurrent.safetensors"):
        assert (programs.home / "files" / name).read_bytes() == (programs.home / "pipes" / name).read_bytes(), name
    metrics = [json.loads((programs.home / name / "model.json").read_text())["metrics"] for name in ("files", "pipes")]
    assert metrics[0] == metrics[1]
    # Nothing of the copies is left.
    assert not [name for name in os.listdir("/tmp") if name.startswith("inkling-") and len(name) == 14]


@pytest.mark.parametrize("way", ["- < {}", "<(cat {})", "/dev/stdin < {}", "more --valid <(cat {})"])
def test_training_reads_documents_from_pipes(programs, tmp_path, way):
    text = tmp_path / "text.md"
    text.write_text("the cat saw the moon at night\n" * 200)
    (programs.home / "more").write_text("a dog sold three apples\n" * 200)
    result = shell(programs, f'"$TRAIN" {way.format(text)} --output piped && "$INKLING" inspect piped')
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("way", ["- < {}", "<(cat {})", "nameless"])
def test_what_says_no_language_is_of_the_one_asked_for(programs, tmp_path, way):
    text = programs.home / "nameless"
    text.write_text("func moveCount() -> Int { return moves.count }\n" * 50)
    result = shell(programs, f'"$TRAIN" {way.format(text)} --language swift --held-out 0 --output nameless-model')
    assert result.returncode == 0, result.stderr
    assert "moveCount" in (programs.home / "nameless-model" / "vocabulary.txt").read_text()


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_an_arpa_file_on_standard_output_stands_alone(programs, token_file, name):
    result = shell(programs, f'"$TRAIN" --tokens {token_file} --order 2 --output dashed --arpa {name} | cat')
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"\\data\\\n") and result.stdout.endswith(b"\\end\\\n")
    assert b"types" in result.stderr and not (programs.home / "-").exists()
    result = shell(programs, f'"$TRAIN" --tokens {token_file} --output dashed --json --arpa {name}')
    assert result.returncode == 2 and b"--json" in result.stderr


def test_a_fifo_is_waited_for(programs, token_model, token_file, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(token_file.read_bytes()))
    writer.start()
    result = programs.json("score", "--tokens", "--json", "--component", "ngram", "--model", token_model, fifo)
    writer.join()
    assert result["tokens"] == programs.json(
        "score", "--tokens", "--json", "--component", "ngram", "--model", token_model, token_file)["tokens"]


@pytest.mark.parametrize("command", [[], ["--tokens"], ["import"]])
def test_devices_without_an_end_are_refused(programs, tmp_path, command):
    result = programs.train(*command, "/dev/zero", "--output", tmp_path / "model", check=1)
    assert b"is a device with more than" in result.stderr and not (tmp_path / "model").exists()


def test_imports_through_pipes(programs, arpa_file):
    for way in (f"<(cat {arpa_file})", f"- < {arpa_file}"):
        result = shell(programs, f'"$TRAIN" import {way} --output model --json')
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["types"] == 4
    missing = shell(programs, '"$TRAIN" import <(echo nothing) --output other')
    assert missing.returncode == 1 and b"/dev/fd/" in missing.stderr and b"/proc/self/fd" not in missing.stderr


@pytest.mark.parametrize(
    "divider, count", [(b"\x0b", 6), (b"\x0c", 6), (b"\0", 6), (b"\t", 6), (b"\r", 6), (b"\x1c", 4), (b"\x1f", 4),
                       (b"\x7f", 4), (b"\xc2\xa0", 4), (b"\xc2\x85", 4), (b"\xe3\x80\x80", 4)],
)
def test_tokens_are_divided_alike(programs, divider, count):
    path = programs.home / "t.txt"
    path.write_bytes(b"a%sb c\nc a%sb\n" % (divider, divider))
    trained = programs.train("--tokens", path, "--order", 2, "--output", "m", "--json").stdout.splitlines()
    corpus = next(event for event in map(json.loads, trained) if event["event"] == "corpus")
    scored = programs.json("score", "--tokens", "--model", "m", "--component", "ngram", "--json", path)
    # Both line ends are tokens to the n-grams.
    assert corpus["tokens"] == scored["tokens"] - 2 == count
    assert scored["oov"] == 0
    evaluated = programs.json("evaluate", "--model", "m", "--json", "--tokens", path)
    assert evaluated["tokens"] == count


def test_byte_order_marks_are_no_text(programs, arpa_file):
    plain, marked = programs.home / "plain.txt", programs.home / "marked.txt"
    plain.write_bytes(b"one two\ntwo one\n")
    marked.write_bytes(MARK + plain.read_bytes())
    for path in (plain, marked):
        programs.train("--tokens", path, "--order", 2, "--output", path.stem)
    assert (programs.home / "plain/vocabulary.txt").read_bytes() == (programs.home / "marked/vocabulary.txt").read_bytes()
    for component in ("ngram",):
        score = programs.json("score", "--tokens", "--model", "plain", "--component", component, "--json", marked)
        assert score["oov"] == 0 and score["tokens"] == 6
    arpa = programs.home / "marked.arpa"
    arpa.write_bytes(MARK + arpa_file.read_bytes().replace(b"\n", b"\r\n"))
    programs.train("import", arpa, "--output", "imported")
    grammar = programs.home / "config" / "inkling" / "grammars"
    grammar.mkdir(parents=True)
    (grammar / "marked.json").write_bytes(MARK + b'{"languageId": "marked", "extensions": ["marked"], "keywords": ["zap"]}')
    (programs.home / "a.marked").write_text("zap")
    answer = programs.inkling("complete", "a.marked", "--json")
    assert json.loads(answer.stdout)["language"] == "marked", answer.stderr


def test_lines_of_requests_as_other_systems_write_them(programs):
    lines = MARK + b'{"id": 1, "text": "one two on"}\r\n\r\n \t\r\n{"id": 2, "text": "\xff"}\r\n' \
        b'{"id": 3, "text": "one two on", "line": 1.0, "column": 11.0, "top": 3.0}\r\n{"id": 4, "text": "x", "top": 2.5}'
    answers = [json.loads(line) for line in programs.inkling("complete", "--jsonl", input=lines).stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, None, 3, 4]
    assert answers[0]["items"][0]["text"] == "one" and answers[2]["items"][0]["text"] == "one"
    assert "0xff" in answers[1]["error"]["why"] and "number" in answers[3]["error"]["why"]


def test_the_word_unk_in_capitals_comes_back(programs):
    path = programs.home / "t.txt"
    path.write_text("a <UNK> b\nb a\n<UNK> a\n")
    programs.train("--tokens", path, "--order", 2, "--output", "m", "--arpa", "m.arpa")
    programs.train("import", "m.arpa", "--output", "back")
    first, second = [
        programs.json("score", "--tokens", "--model", name, "--component", "ngram", "--json", path)
        for name in ("m", "back")
    ]
    assert first["oov"] == second["oov"] == 0
    assert first["perplexity"] == pytest.approx(second["perplexity"], rel=1e-4)
    # Where a file has no <unk>, as of some toolkits, <UNK> is it.
    text = (programs.home / "m.arpa").read_text().replace("\t<unk>", "\tother").replace("<unk>", "other")
    (programs.home / "other.arpa").write_text(text)
    programs.train("import", "other.arpa", "--output", "other")
    score = programs.json("score", "--tokens", "--model", "other", "--component", "ngram", "--json", path)
    assert score["oov"] == 2


COMMANDS = [
    ("inkling", "complete"), ("inkling", "complete", "--json"), ("inkling", "complete", "--model", "MODEL"),
    *[("inkling", "highlight", "--threshold", "0", "--format", form) for form in ("ansi", "plain", "json", "html", "sarif")],
    ("inkling", "score", "--model", "MODEL"), ("inkling", "score", "--model", "MODEL", "--json"),
    ("inkling", "inspect", "MODEL"), ("inkling", "inspect", "MODEL", "--json"),
    ("inkling", "evaluate", "-", "--model", "MODEL"), ("inkling", "evaluate", "-", "--model", "MODEL", "--json"),
    ("inkling", "generate", "--model", "MODEL", "--length", "5"), ("inkling", "--help"), ("inkling", "--version"),
    ("inkling", "complete", "--help"), ("inkling", "--generate-completion-script", "bash"),
    ("inkling-train", "--help"), ("inkling-train", "text", "--output", "m"),
    ("inkling-train", "text", "--output", "m", "--json"), ("inkling-train", "import", "ARPA", "--output", "m"),
    ("inkling-train", "import", "ARPA", "--output", "m", "--json"),
    ("inkling-train", "benchmark", "--hidden", "8", "--embedding", "8", "--vocabulary", "50", "--segments", "3"),
]


@pytest.mark.parametrize("output", ["> /dev/full", ">&-"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_cannot_be_printed_is_a_failure(programs, prose_model, arpa_file, command, output):
    (programs.home / "text").mkdir()
    (programs.home / "text" / "a.txt").write_text("one two three\n")
    program, *arguments = [{"MODEL": str(prose_model), "ARPA": str(arpa_file)}.get(word, word) for word in command]
    variable = "INKLING" if program == "inkling" else "TRAIN"
    result = shell(programs, f'"${variable}" {" ".join(arguments)} {output}', input=b"The old sailor zork the zork.\n")
    assert result.returncode == 1, result.stderr
    assert result.stderr.startswith(b"inkling: standard output: "), result.stderr
    assert result.stderr.count(b"\n") == 1
    if command[:1] == ("inkling-train",) and "--output" in command:
        # What was learned is kept all the same.
        programs.inkling("inspect", "m")


def test_a_closed_output_gets_nothing_else(programs, token_file):
    """A file that is opened where standard output was would take what is printed."""
    shell(programs, f'"$TRAIN" --tokens {token_file} --order 2 --output closed --arpa closed.arpa >&- 2>&-')
    shell(programs, f'"$TRAIN" --tokens {token_file} --order 2 --output open --arpa open.arpa > /dev/null')
    assert (programs.home / "closed.arpa").read_bytes() == (programs.home / "open.arpa").read_bytes()
    programs.inkling("inspect", "closed")
