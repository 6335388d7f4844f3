"""Non-words that Inkling, aspell, hunspell, codespell and Harper find, and what they mark in text without slips.

    Benchmarks/.build/release/slips MODEL LANGUAGE SEED FILE... --learned FOLDER      writes FOLDER/clean and FOLDER/planted
    Benchmarks/.build/release/slips MODEL LANGUAGE SEED FILE... > SET.jsonl           the same slips
    python3 Benchmarks/spellers.py SET.jsonl FOLDER DICTIONARY [--aspell MODE]

DICTIONARY is what aspell and hunspell call it (`en de_DE`: one name for both, or two); MODE is aspell's filter (`tex`, `markdown`).
Inkling has the threshold at which its marks of all kinds on the untouched texts, of every 1,000 tokens, are a twentieth of
what aspell marks there. Harper (PyPI harper-py) and codespell are English only, and are passed over where they are not there.
"""

import json
import os
import re
import subprocess
import sys

import slips

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def read(folder):
    texts = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            texts.append(file.read())
    return texts


def listed(command):
    """What a program that lists misspelled words makes of a text."""
    def words(text):
        answer = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        return answer.stdout.split("\n")[:-1]
    return words


def codespell(text):
    answer = subprocess.run(["codespell", "-"], input=text, capture_output=True, text=True)
    return re.findall(r"(\S+) ==> ", answer.stdout)


def harper():
    import harper as library
    linter = library.Linter()

    def words(text):
        found = []
        # A piece at a time: it reads a whole text as one.
        for piece in re.split(r"\n\s*\n", text):
            found += [lint.problem_text for lint in linter.lint(piece)]
        return found
    return words


def lazily(make):
    """What `make` makes, made when it is first asked: a program that is not there is passed over by whoever asks."""
    made = []

    def words(text):
        if not made:
            made.append(make())
        return made[0](text)
    return words


def programs(dictionaries, mode):
    aspell, hunspell = dictionaries[0], dictionaries[-1]
    yield "aspell", listed(["aspell", "-l", aspell, "--encoding=utf-8"] + ([f"--mode={mode}"] if mode else []) + ["list"])
    yield "hunspell", listed(["hunspell", "-i", "utf-8", "-d", hunspell, "-l"])
    if aspell.startswith("en"):
        yield "codespell", codespell
        yield "Harper", lazily(harper)


def main():
    arguments = sys.argv[1:]
    mode = None
    if "--aspell" in arguments:
        place = arguments.index("--aspell")
        mode = arguments[place + 1]
        del arguments[place:place + 2]
    path, folder, *dictionaries = arguments
    one = slips.Set("prose:" + path)
    clean, planted = read(folder + "/clean"), read(folder + "/planted")
    nonwords = []
    for text, record in zip(sorted(one.planted, key=lambda t: os.path.basename(t.record["file"])), planted):
        data = record.encode("utf-8")
        nonwords += [data[s[0]:s[1]].decode("utf-8", "replace") for s in text.slips if s[2] == "nonWord"]
    print(f"{one.name}: {one.clean_tokens} tokens, {len(nonwords)} non-words")
    reference = None
    for name, words in programs(dictionaries, mode):
        try:
            false = sum(len(words(text)) for text in clean)
            found = {word for text in planted for mark in words(text) for word in [mark] + WORD.findall(mark)}
        except (ImportError, OSError, subprocess.CalledProcessError) as error:
            print(f"  {name}: {error}")
            continue
        rate = 1000 * false / one.clean_tokens
        recall = sum(word in found for word in nonwords) / max(len(nonwords), 1)
        if name == "aspell":
            reference = rate, recall
        print(f"  {name:10} {rate:6.2f} false marks in 1,000 tokens, non-words {recall:.3f}")
    if not reference:
        sys.exit("aspell is what others are compared with: install it")
    for rate in (reference[0] / 20, 0.5, 2.0):
        (cut,) = slips.thresholds(one, None, [rate])
        table, _, _ = slips.found(one, None, cut)
        recall = table["nonWord"][1] / max(table["nonWord"][0], 1)
        print(f"  Inkling at {rate:.2f}: non-words {recall:.3f}, {recall / reference[1]:.2f} of aspell's")


if __name__ == "__main__":
    main()
