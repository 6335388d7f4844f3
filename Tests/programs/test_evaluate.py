"""What `inkling evaluate` says of typing is what somebody outside counts who types with `inkling complete --jsonl`."""

import json
import re
import subprocess

import pytest

from program_support import BIN, sentences

WORD = re.compile(r"[^\W\d_][\w]*\Z")


def typed(programs, model, language, text, count):
    """Types the text's characters from its middle on, as a person would who takes what helps."""
    process = subprocess.Popen(
        [str(BIN / "inkling"), "complete", "--jsonl", "--model", str(model)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=programs.environment)
    at = start = len(text) // 2
    end, window = min(len(text), start + count), max(0, start - 20000)
    keys = spoiled = whole = lists = 0
    while at < end:
        before, best = text[window:at], at + 1
        process.stdin.write(json.dumps({"text": before, "language": language, "top": 5}) + "\n")
        process.stdin.flush()
        items = json.loads(process.stdout.readline())["items"]
        lists += bool(items)
        for number, item in enumerate(items):
            place, length = item["replaces"]["byteOffset"], item["replaces"]["byteLength"]
            kept = before.encode()[:place].decode()
            new = kept + item["insertedText"] + before.encode()[place + length :].decode()
            if text.startswith(new, window):
                best = max(best, window + len(new)) if window + len(new) >= at + 2 else best
            elif number == 0 and item["text"] and text.startswith(item["text"], window + len(kept)):
                spoiled += 1
        match = WORD.search(before)
        if match and not re.match(r"\w", text[at : at + 1] or " ") and items and items[0]["text"] != match.group():
            whole += 1
        at, keys = best, keys + 1
    process.stdin.close()
    process.wait()
    return {"characters": at - start, "keys": keys, "spoiled": spoiled, "whole": whole, "lists": lists}


TEXTS = {
    "plaintext": "".join(line.capitalize() + ".\n" for line in list(sentences(1290))[1200:]),
    "c": "int count(const char *name) {\n    return lookUp(name, \"moon\") == -1 ? 0 : 1;\n}\n\n" * 12,
    "markdown": "# Der Mond\n\nÜber die Größe des *Mondes* — und “more” — weiß man, daß er `rund` ist.\n\n" * 10,
    "latex": "\\section{Der Mond}\n\\begin{itemize}\n\\item Über $x_1$ weiß man nichts.\n\\end{itemize}\n" * 10,
}


@pytest.mark.parametrize("language", TEXTS)
def test_what_is_claimed_is_what_typing_takes(programs, prose_model, tmp_path, language):
    path = tmp_path / "text"
    path.write_text(TEXTS[language])
    expected = typed(programs, prose_model, language, TEXTS[language], 300)
    found = programs.json(
        "evaluate", "--model", prose_model, "--language", language, "--typed-characters", 300, "--json", path)
    typing = found["typing"]
    assert {key: typing[key] for key in expected} == expected
    assert found["keystrokesSaved"] == pytest.approx(1 - expected["keys"] / expected["characters"])
    assert typing["isOriginal"] and typing["ghostText"]["isOriginal"]
    ghost = typing["ghostText"]
    assert ghost["keys"] <= ghost["characters"] and ghost["right"] <= ghost["shown"]
    assert found["languages"][0]["typing"] == typing


def test_the_sample_is_stated_and_can_be_chosen(programs, prose_model, prose):
    files = sorted(prose.iterdir())[:4]
    standard = programs.json("evaluate", "--model", prose_model, "--json", *files)["typing"]
    assert standard["documents"] == 4 and standard["charactersPerDocument"] is None
    # No more than half of each file is there to be typed.
    assert standard["characters"] > 0.4 * sum(len(file.read_text()) for file in files)
    chosen = programs.json("evaluate", "--model", prose_model, "--json", "--typed-characters", 50, *files)["typing"]
    assert chosen["charactersPerDocument"] == 50 and 200 <= chosen["characters"] < 300
    text = programs.inkling("evaluate", "--model", prose_model, "--typed-characters", 50, *files).stdout.decode()
    assert f"typed: {chosen['characters']} characters of 4 texts, each from its middle on" in text
    assert text.count("keystrokes saved") == 2 and "ghost text" in text


def test_nothing_is_said_of_typing_where_nothing_is_typed(programs, prose_model, prose, token_file):
    file = sorted(prose.iterdir())[0]
    for arguments in (["--typed-characters", 0, file], ["--tokens", token_file]):
        found = programs.json("evaluate", "--model", prose_model, "--json", *arguments)
        assert "typing" not in found and "keystrokesSaved" not in found and found["mrr10"] > 0
    text = programs.inkling("evaluate", "--model", prose_model, "--typed-characters", 0, file).stdout
    assert b"typed: " not in text and b"ghost text" not in text


def test_components_are_typed_without_as_they_are_asked(programs, prose_model, prose):
    file = sorted(prose.iterdir())[0]
    found = programs.json(
        "evaluate", "--model", prose_model, "--json", "--typed-characters", 120, "--components",
        "--component-keystrokes", file)
    parts = {part["component"]: part for part in found["components"]}
    assert {"ngram", "contexts", "document"} <= set(parts)
    for part in parts.values():
        assert part["alone"]["typing"]["isOriginal"] and part["without"]["keystrokesSaved"] > 0
    none = programs.json(
        "evaluate", "--model", prose_model, "--json", "--typed-characters", 120, "--caches", "none", file)
    assert none["keystrokesSaved"] == parts["document"]["without"]["keystrokesSaved"]
