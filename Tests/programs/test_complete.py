"""inkling complete."""

import json
import shutil
import subprocess

import pytest

from program_support import BIN


def test_words_of_the_text_are_offered_without_any_model(programs):
    answer = programs.json("complete", "--language", "swift", "--json", input="let remembrance = 1\nprint(reme")
    assert answer["model"] is None
    assert answer["typed"] == "reme"
    assert "remembrance" in [item["text"] for item in answer["items"]]


def test_a_model_completes_its_own_prose(programs, prose_model):
    answer = programs.json("complete", "--model", prose_model, "--json", "--top", 3, input="The old sai")
    best = answer["items"][0]
    assert best["text"] == "sailor"
    assert best["replaces"] == {"byteOffset": 8, "byteLength": 3}
    assert 0 < best["probability"] <= 1
    assert len(answer["items"]) <= 3
    probabilities = [item["probability"] for item in answer["items"]]
    assert probabilities == sorted(probabilities, reverse=True)


def test_the_table_is_for_people(programs, prose_model):
    text = programs.inkling("complete", "--model", prose_model, input="Nobody painted the m").stdout.decode()
    assert text.splitlines()[0].split() == ["probability", "word", "from"]
    assert "moon" in text and "%" in text and "\x1b" not in text


def test_a_place_in_a_file(programs, prose_model, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("Ünder the sky\nmy sis\nthe end\n")
    answer = programs.json("complete", path, "--at", "2:7", "--model", prose_model, "--json")
    assert (answer["line"], answer["column"], answer["byteOffset"]) == (2, 7, 21)
    assert answer["items"][0]["text"] == "sister"
    # Columns count bytes: Ü has two, and a place inside it is its start.
    assert programs.json("complete", path, "--at", "1:2", "--json")["byteOffset"] == 0
    assert programs.json("complete", path, "--at", "1:3", "--json")["byteOffset"] == 2


def test_a_place_outside_the_text(programs, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one\ntwo")
    for place, words in {"9:1": b"the text has 2 lines", "2:5": b"line 2 ends at column 4"}.items():
        message = programs.inkling("complete", path, "--at", place, check=1).stderr
        assert f"a.txt:{place}: ".encode() in message and words in message


def test_the_model_is_found_above_the_file(programs, prose_model, tmp_path):
    project = tmp_path / "project"
    (project / ".inkling").mkdir(parents=True)
    shutil.copytree(prose_model, project / ".inkling" / "model")
    (project / "deep" / "er").mkdir(parents=True)
    path = project / "deep" / "er" / "a.txt"
    path.write_text("The old sai")
    assert programs.json("complete", path, "--json")["model"] == str(project / ".inkling" / "model")
    default = programs.home / "data" / "inkling" / "models" / "default"
    default.parent.mkdir(parents=True)
    default.symlink_to(prose_model)
    assert programs.json("complete", "--json", input="x")["model"] == str(default)


def test_any_bytes_are_text(programs):
    for text in [b"", b"\xff\xfe\x00\x00", b"\x00" * 100, b"a" * 100_000, "🧑‍🚀 \u202e".encode(), b"\r\n\r"]:
        programs.inkling("complete", "--json", input=text)
        programs.inkling("complete", "--json", "--language", "swift", input=text)


def requests(programs, lines, *arguments):
    output = programs.inkling("complete", "--jsonl", *arguments, input="".join(line + "\n" for line in lines)).stdout
    return [json.loads(line) for line in output.splitlines()]


def test_requests_are_answered_line_by_line(programs, prose_model, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("my sis\n")
    answers = requests(
        programs,
        [
            '{"id": 1, "text": "The old sai"}',
            "no json",
            "",
            '[1, 2]',
            '{"id": "two", "text": 5}',
            '{"id": 3, "texts": "x"}',
            '{"id": 4}',
            '{"id": 5, "text": "ab", "byteOffset": 3}',
            '{"id": 6, "text": "x", "language": "klingon"}',
            '{"id": 7, "path": "%s", "line": 1, "column": 7, "top": 1}' % path,
            '{"id": 8, "path": "missing.txt"}',
            '{"id": 9, "text": "\\ud800"}',
            '{"id": 10, "text": "The old sai", "top": 100000}',
            '{"id": 11, "text": "The old sai"}',
        ],
        "--model",
        prose_model,
    )
    assert [answer.get("id") for answer in answers] == [1, None, None, "two", 3, 4, 5, 6, 7, 8, None, 10, 11]
    assert answers[0]["items"][0]["text"] == "sailor"
    assert answers[0]["items"] == answers[-1]["items"]
    assert [item["text"] for item in answers[8]["items"]] == ["sister"]
    for number in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11]:
        error = answers[number]["error"]
        assert error["what"] and error["why"]
    assert "klingon" in answers[7]["error"]["what"]


def test_an_answer_comes_before_the_next_request(programs, prose_model):
    """A script may wait for each answer."""
    command = [str(BIN / "inkling"), "complete", "--jsonl", "--model", str(prose_model)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=programs.environment
    ) as process:
        for _ in range(3):
            process.stdin.write(b'{"text": "The old sai"}\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["items"][0]["text"] == "sailor"
        process.stdin.close()
        assert process.wait(timeout=20) == 0


def test_requests_on_an_edited_text_are_answered_as_on_a_new_one(programs, prose_model):
    """Documents are kept between requests; an answer depends on the request's text alone all the same."""
    story = "The old sailor painted the moon.\nNobody painted the sea, and Ünder the sky my sister \"sang\".\n" * 3
    texts = [story[:length] for length in range(60, 120, 5)]
    texts += [story + "The old sai", story[:40] + " zephyranth and the old zeph", story + "\nthe zeph", "sai", ""]
    texts += [story[:90] + "/* " + story[90:], story, story.replace("moon", "monument"), story.replace("\n", "\r\n")]
    # Five documents in turn are more than are kept.
    for round in range(3):
        names = ("alpha", "beta", "gamma", "delta", "epsilon")
        texts += [f"document {name} {name} of the mo" * 4 + "on" * round for name in names]
    lines = [json.dumps({"text": text, "byteOffset": len(text.encode()) * (index % 3 + 1) // 3})
             for index, text in enumerate(texts)]
    kept = requests(programs, lines, "--model", str(prose_model))
    for line, answer in zip(lines, kept, strict=True):
        # A process of its own has no earlier request.
        alone = requests(programs, [line], "--model", str(prose_model))[0]
        assert [item["text"] for item in answer["items"]] == [item["text"] for item in alone["items"]], line
        for mine, other in zip(answer["items"], alone["items"]):
            assert mine["probability"] == pytest.approx(other["probability"], rel=0.01)


def test_a_last_line_without_its_end_is_a_request(programs):
    output = programs.inkling("complete", "--jsonl", input='{"text": "one two one "}').stdout
    assert json.loads(output)["items"]


def test_candidates_are_ranked(programs, prose_model):
    requests = [
        {"id": 1, "text": "one two one two one two one ", "candidates": ["three", "four", "two"]},
        {"id": 2, "text": "x", "candidates": [], "top": 3},
        {"id": 3, "text": "x", "candidates": [1]},
        {"id": 4, "text": "x", "candidates": ["a"] * 2001},
        {"id": 5, "text": "The old sai", "candidates": ["sailor", "moon", "sailor went home", "sailorish"]},
    ]
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    output = programs.inkling("complete", "--jsonl", "--model", prose_model, input=lines).stdout
    answers = [json.loads(line) for line in output.decode().splitlines()]
    assert answers[0]["order"] == [2, 0, 1]
    assert sum(answers[0]["probabilities"]) + answers[0]["remainder"] == pytest.approx(1, abs=1e-6)
    assert [answer["error"]["what"] for answer in answers[1:4]] == ["top", "candidates", "candidates"]
    assert answers[4]["order"][0] == 0
    assert answers[4]["probabilities"][2] < answers[4]["probabilities"][0]
