#!/usr/bin/env python3
"""How many keys the diff saves who writes a commit message: held-out messages typed with and without it.

Usage: commit_messages.py BINARIES REPOSITORY [--share 0.1] [--limit N] [--model DIR] [--plain] [--show]

Trains `inkling-train commits` on all but the last tenth of the history, in time order, and types the messages of that
tenth through `inkling complete --jsonl` as `git commit -v` shows them: the message, git's comments, and below the scissors
line the diff; and then without the diff. At every place the five items are looked at: if one, inserted as it says, leaves a
longer prefix of the message by two characters or more, it is accepted (one key, the one that gains most); else one
character is typed (one key). `names` counts the places where the message goes on with a name of the diff (a file's name
without its extension or a word with a capital, a digit or an underscore inside, in a changed line, a file's name or a hunk
header), and where the first item is that name once three characters of it are typed at the most. Prints a JSON line each.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile

SCISSORS = "# ------------------------ >8 ------------------------"
COMMENTS = f"""
# Please enter the commit message for your changes. Lines starting
# with '#' will be ignored, and an empty message aborts the commit.
#
{SCISSORS}
# Do not modify or remove the line above.
# Everything below it will be ignored.
"""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
BOT = re.compile(r"\[bot\]|^(dependabot|renovate|github-actions)", re.I)


def git(repository, *arguments):
    return subprocess.run(["git", "-C", repository, *arguments], check=True, capture_output=True).stdout.decode(errors="replace")


def history(repository):
    """Hashes in time order, merges and bots left out."""
    rows = git(repository, "log", "--no-merges", "--reverse", "--format=%H%x09%an").splitlines()
    return [row.split("\t")[0] for row in rows if not BOT.search(row.split("\t")[1])]


def is_name(word):
    return len(word) > 3 and (re.search(r"[a-z0-9][A-Z]|_|[A-Za-z]\d", word.strip("_")) is not None)


def names(diff):
    """Names that the diff has: of files, in changed lines and in hunk headers."""
    found = set()
    for line in diff.splitlines():
        if line.startswith(("+++ ", "--- ")):
            stem = os.path.basename(line[4:].strip()).split(".")[0]
            if len(stem) > 3 and stem != "null":
                found.add(stem)
        elif line.startswith(("+", "-", "@@")):
            found.update(word for word in NAME.findall(line) if is_name(word))
    return found


class Typist:
    def __init__(self, binaries, model, language):
        self.process = subprocess.Popen(
            [os.path.join(binaries, "inkling"), "complete", "--jsonl", "--model", model, "--language", language],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def items(self, text, offset):
        self.process.stdin.write(json.dumps({"text": text, "byteOffset": offset, "top": 5}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise SystemExit(f"commit_messages: {answer['error']}")
        return answer["items"]

    def type(self, message, below, count):
        """Counts the keys of whoever types a message."""
        at = 0
        while at < len(message):
            before = message[:at].encode()
            best = at + 1
            for item in self.items(message[:at] + below, len(before)):
                replaces = item["replaces"]
                kept = before[: replaces["byteOffset"]].decode(errors="ignore")
                end = replaces["byteOffset"] + replaces["byteLength"]
                if end > len(before):
                    continue
                text = kept + item["insertedText"]
                if message.startswith(text) and len(text) >= at + 2:
                    best = max(best, len(text))
            at = best
            count["keys"] += 1
        count["characters"] += len(message)

    def find_names(self, message, below, wanted, count):
        """Counts at which places of a message that go on with a name it is the first item, whatever was accepted before."""
        for match in NAME.finditer(message):
            name = match.group()
            if name not in wanted:
                continue
            count["nameUses"] += 1
            for typed in range(4):
                before = message[: match.start() + typed]
                items = self.items(before + below, len(before.encode()))
                if items and items[0]["text"].startswith(name):
                    count["first"] += 1
                    count["firstAtOnce"] += typed == 0
                    break

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binaries")
    parser.add_argument("repository")
    parser.add_argument("--share", type=float, default=0.1, help="the last part of the history, which is typed")
    parser.add_argument("--limit", type=int, default=1000, help="messages that are typed at the most")
    parser.add_argument("--model", help="a model that is there already")
    parser.add_argument("--plain", action="store_true", help="train on the messages as files, and take diffs for text: what there is without `inkling-train commits`")
    parser.add_argument("--show", action="store_true", help="print a line for each message")
    options = parser.parse_args()
    commits = history(options.repository)
    count = max(1, round(len(commits) * options.share))
    learned, held_out = commits[:-count], commits[-count:][: options.limit]
    with tempfile.TemporaryDirectory() as scratch:
        model = options.model or os.path.join(scratch, "model")
        trainer = os.path.join(options.binaries, "inkling-train")
        if options.plain:
            folder = pathlib.Path(scratch, "messages")
            folder.mkdir()
            for place, commit in enumerate(learned):
                (folder / f"{place:06}.txt").write_text(git(options.repository, "show", "-s", "--format=%B", commit))
            subprocess.run([trainer, str(folder), "--output", model], check=True, capture_output=True)
        elif not options.model:
            subprocess.run(
                [trainer, "commits", options.repository, "--revision", learned[-1], "--output", model], check=True,
                stdout=subprocess.DEVNULL)
        for mode in ("without", "with"):
            total = dict(characters=0, keys=0, nameUses=0, first=0, firstAtOnce=0)
            typist = Typist(options.binaries, model, "plaintext" if options.plain else "gitcommit")
            for commit in held_out:
                message = git(options.repository, "show", "-s", "--format=%B", commit).strip() + "\n"
                diff = git(options.repository, "show", "--format=", "--no-ext-diff", "--no-textconv", commit)[:200_000]
                below = COMMENTS + (diff if mode == "with" else "")
                one = dict(total)
                typist.type(message, below, total)
                typist.find_names(message, below, names(diff), total)
                if options.show:
                    print(json.dumps({"commit": commit[:8], "mode": mode, "characters": total["characters"] - one["characters"], "keys": total["keys"] - one["keys"], "subject": message.splitlines()[0]}))
            typist.close()
            print(json.dumps({
                "mode": mode, "messages": len(held_out), "learned": len(learned), **total,
                "saved": round(1 - total["keys"] / max(1, total["characters"]), 4),
                "namesFirst": round(total["first"] / max(1, total["nameUses"]), 4)}), flush=True)


if __name__ == "__main__":
    main()
