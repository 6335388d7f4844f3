"""Drives the built programs as a person or a script does."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("INKLING_BIN", ROOT / ".build" / "release"))

# Deterministic prose with enough structure to learn: subject, verb, object, place.
SUBJECTS = ["the cat", "a dog", "the old sailor", "my sister", "nobody", "the doctor"]
VERBS = ["saw", "followed", "forgot", "painted", "sold", "remembered"]
OBJECTS = ["the moon", "a letter", "three apples", "the river", "an empty house", "the clock"]
PLACES = ["at night", "in the garden", "before breakfast", "near the harbour", "without a word"]

# Such sentences with a slip each: a word that is misspelled twice the same way is taken for a name.
SLIPS = [
    "My sister pianted the moon in the garden.\n", "A dog remmebered the clock at night.\n",
    "Nobody saw a letter near the habrour.\n",
]


def sentences(count):
    state = 12345
    for _ in range(count):
        picks = []
        for words in (SUBJECTS, VERBS, OBJECTS, PLACES):
            state = (state * 1103515245 + 12345) % 2**31
            picks.append(words[(state >> 16) % len(words)])
        yield " ".join(picks)


class Programs:
    """Runs `inkling` and `inkling-train` in an environment with nothing of the user's."""

    def __init__(self, home):
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "LANG": "C.UTF-8",
        }
        if "INKLING_GRAMMARS" in os.environ:
            self.environment["INKLING_GRAMMARS"] = os.environ["INKLING_GRAMMARS"]

    def run(self, program, *arguments, input=b"", cwd=None, check=None, env=None, timeout=120, **options):
        if isinstance(input, str):
            input = input.encode()
        result = subprocess.run(
            [str(BIN / program), *map(str, arguments)],
            input=input,
            capture_output=True,
            cwd=cwd or self.home,
            env={**self.environment, **(env or {})},
            timeout=timeout,
            **options,
        )
        if check is not None:
            assert result.returncode == check, (result.returncode, result.stdout, result.stderr)
        return result

    def inkling(self, *arguments, check=0, **options):
        return self.run("inkling", *arguments, check=check, **options)

    def train(self, *arguments, check=0, **options):
        return self.run("inkling-train", *arguments, check=check, **options)

    def json(self, *arguments, **options):
        return json.loads(self.inkling(*arguments, **options).stdout)
