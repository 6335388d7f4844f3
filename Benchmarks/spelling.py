#!/usr/bin/env python3
"""Whether the right word comes first for slips that are no words, in held-out prose: Inkling in context, aspell and hunspell.

Usage: spelling.py BINARIES LANGUAGE FILE... [--every 25] [--seed 1] [--limit N]      LANGUAGE: en, de or fr

FILE is plain text (.gz too) or HTML. Its paragraphs are learned from but every tenth, which are held out. In these one word in
`--every` gets a slip, as hands make them: a neighbour on the keyboard of the language, a letter doubled, dropped or swapped with the
next; only if what comes out is neither in the text that is learned from nor in aspell's or hunspell's dictionary. Then
`inkling highlight` is asked for the slips of the whole text, at a rate at which it says all it has, and aspell and hunspell
for the first suggestion for each slip alone. Prints one JSON line: the shares whose first correction is the word that stood there,
and, for Inkling, the time per token of the whole look. Needs aspell and hunspell with the language's dictionaries.
"""
import argparse
import gzip
import html
import json
import os
import random
import re
import subprocess
import tempfile
import time

KEYBOARDS = {
    "en": ["qwertyuiop", "asdfghjkl", "zxcvbnm"],
    "de": ["qwertzuiopü", "asdfghjklöä", "yxcvbnm"],
    "fr": ["azertyuiop", "qsdfghjklm", "wxcvbn"],
}
DICTIONARIES = {"en": ("en_US", "en_US"), "de": ("de_DE", "de_DE"), "fr": ("fr_FR", "fr")}
WORD = re.compile(r"(?<![\w’'./@:_-])[^\W\d_]{4,}(?![\w’'/@:_-])")


def paragraphs(path):
    opened = gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")
    with opened as file:
        text = file.read().decode("utf-8", errors="replace")
    if "html" in os.path.basename(path):
        text = re.sub(r"(?s)<(script|style|pre|head).*?</\1>", " ", text)
        text = html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"</?(p|div|li|h\d|td|tr|br)[^>]*>", "\n\n", text)))
    for paragraph in re.split(r"\n\s*\n", text):
        paragraph = " ".join(paragraph.split())
        letters = sum(character.isalpha() or character.isspace() for character in paragraph)
        if len(paragraph) >= 80 and letters > 0.9 * len(paragraph):
            yield paragraph


def neighbours(language):
    near = {}
    rows = KEYBOARDS[language]
    for y, row in enumerate(rows):
        for x, key in enumerate(row):
            near[key] = {rows[v][u] for v in (y - 1, y, y + 1) if 0 <= v < len(rows) for u in (x - 1, x, x + 1)
                         if 0 <= u < len(rows[v]) and (u, v) != (x, y)}
    return near


def slip(word, near, draw):
    place = draw.randrange(1, len(word))
    kind = draw.choice(["neighbour", "doubled", "dropped", "swapped"])
    if kind == "neighbour":
        keys = sorted(near.get(word[place].lower(), ()))
        return word[:place] + draw.choice(keys) + word[place + 1:] if keys else word
    if kind == "doubled":
        return word[:place] + word[place] + word[place:]
    if kind == "dropped":
        return word[:place] + word[place + 1:]
    return word[:place - 1] + word[place] + word[place - 1] + word[place + 1:]


def asked(command, words):
    """The first suggestion for each word, None where a word is right or there is none; and whether each is right."""
    result = subprocess.run(command, input="".join(f"^{word}\n" for word in words), capture_output=True, text=True, check=True)
    first, right = [], []
    for line in result.stdout.splitlines()[1:]:
        if line.startswith(("*", "+", "-")):
            first.append(None)
            right.append(True)
        elif line.startswith("&"):
            first.append(line.split(": ", 1)[1].split(", ")[0])
            right.append(False)
        elif line.startswith(("#", "?")):
            first.append(None)
            right.append(False)
    assert len(first) == len(words), (command, len(first), len(words))
    return first, right


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binaries")
    parser.add_argument("language", choices=KEYBOARDS)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--every", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=2000, help="slips at the most")
    parser.add_argument("--show", type=int, default=0, help="so many that came out wrong")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    seen, kept = set(), []
    for path in options.files:
        for paragraph in paragraphs(path):
            if paragraph not in seen:
                seen.add(paragraph)
                kept.append(paragraph)
    learned = [paragraph for place, paragraph in enumerate(kept) if place % 10 != 9]
    held_out = [paragraph for place, paragraph in enumerate(kept) if place % 10 == 9]
    known = {word.lower() for paragraph in learned for word in WORD.findall(paragraph)}
    aspell, hunspell = DICTIONARIES[options.language]
    commands = {
        "aspell": ["aspell", "-a", "--encoding=utf-8", "-l", aspell, "--sug-mode=normal"],
        "hunspell": ["hunspell", "-a", "-i", "utf-8", "-d", hunspell]}
    near = neighbours(options.language)
    proposals = []
    for paragraph in held_out:
        for number, match in enumerate(WORD.finditer(paragraph)):
            if number % options.every == options.every // 2:
                made = slip(match.group(), near, draw)
                proposals.append(None if made == match.group() or made.lower() in known else (match.group(), made))
    made = [proposal[1] for proposal in proposals if proposal]
    first = {name: asked(command, made) for name, command in commands.items()}
    words = iter(range(len(made)))
    planted, texts, offset, suggestions = [], [], 0, {name: [] for name in commands}
    chosen = iter(proposals)
    for paragraph in held_out:
        parts, end = [], 0
        for number, match in enumerate(WORD.finditer(paragraph)):
            if number % options.every != options.every // 2:
                continue
            proposal = next(chosen)
            if proposal is None:
                continue
            place = next(words)
            if any(first[name][1][place] for name in commands) or len(planted) >= options.limit:
                continue
            parts.append(paragraph[end:match.start()])
            start = offset + len("".join(parts).encode())
            parts.append(proposal[1])
            planted.append((start, start + len(proposal[1].encode()), *proposal))
            for name in commands:
                suggestions[name].append(first[name][0][place])
            end = match.end()
        text = "".join(parts) + paragraph[end:] + "\n\n"
        texts.append(text)
        offset += len(text.encode())
    with tempfile.TemporaryDirectory() as scratch:
        training, slipped = os.path.join(scratch, "learned.txt"), os.path.join(scratch, "slipped.txt")
        open(training, "w", encoding="utf-8").write("\n\n".join(learned))
        open(slipped, "w", encoding="utf-8").write("".join(texts))
        model = os.path.join(scratch, "model")
        subprocess.run([os.path.join(options.binaries, "inkling-train"), training, "--output", model], check=True, capture_output=True)
        start = time.time()
        output = subprocess.run(
            [os.path.join(options.binaries, "inkling"), "highlight", "--jsonl", "--rate", "1000", "--model", model, slipped],
            check=True, capture_output=True).stdout
        seconds = time.time() - start
    answer = json.loads(output)
    marks = {}
    for mark in answer["marks"]:
        corrections = [correction["text"] for correction in mark["corrections"]]
        if corrections:
            marks[mark["byteOffset"]] = (mark["byteLength"], corrections, mark["falseMarksPerThousandTokens"])
    right = among = marked = at_standard = 0
    for start, end, word, made in planted:
        length, corrections, rate = marks.get(start, (0, [], 1e9))
        if corrections and length == end - start:
            marked += 1
            right += corrections[0] == word
            among += word in corrections
            at_standard += rate <= 0.5 and corrections[0] == word
            if corrections[0] != word and options.show > 0:
                options.show -= 1
                print(made, word, corrections)
        elif options.show > 0:
            options.show -= 1
            print(made, word, "-")
    count = max(1, len(planted))
    result = {
        "language": options.language, "slips": len(planted), "learnedWords": sum(len(p.split()) for p in learned),
        "marked": round(marked / count, 4), "right": round(right / count, 4), "amongThree": round(among / count, 4),
        "markedAndRightAtHalfAFalseMark": round(at_standard / count, 4)}
    for name in commands:
        result[name] = round(sum(word == found for (_, _, word, _), found in zip(planted, suggestions[name])) / count, 4)
    known_words = [word.lower() in known for _, _, word, _ in planted]
    result["wordsThatWereLearned"] = round(sum(known_words) / count, 4)
    result["rightOfLearned"] = round(
        sum(marks.get(start, (0, [""], 0))[1][0] == word for (start, _, word, _), is_known in zip(planted, known_words) if is_known)
        / max(1, sum(known_words)), 4)
    result["microsecondsPerToken"] = round(1e6 * seconds / max(1, answer["tokens"]), 1)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
