"""`inkling-train base`: models of languages, by recipes that fetch nothing here."""

import json
import re
import sys

from program_support import ROOT

sys.path.insert(0, str(ROOT / "corpora" / "common"))
import plaintext  # noqa: E402

FETCH = """#!/usr/bin/env python3
import json, os, sys
language, target, megabytes = sys.argv[1:]
if language == "c":
    sys.exit("fetch: no such luck")
for number in range(8):
    folder = os.path.join(target, f"package{number % 4}")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"{number}.py"), "w") as file:
        for line in range(120):
            file.write(f"def calibrate_{line % 7}(instrument, reading_{number}):\\n    return instrument.measure({line})\\n\\n")
print("package0 (1 of 4)", flush=True)
with open(os.path.join(target, "corpus.json"), "w") as file:
    json.dump({"language": language, "packages": [{"package": "package0", "version": "1", "licences": ["MIT"],
               "files": 8, "bytes": int(megabytes)}]}, file)
"""


def recipes(tmp_path):
    folder = tmp_path / "corpora" / "base"
    folder.mkdir(parents=True)
    (folder / "languages.json").write_text("{}")
    (folder / "fetch").write_text(FETCH)
    (folder / "fetch").chmod(0o755)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return {"INKLING_CORPORA": str(tmp_path / "corpora"), "TMPDIR": str(temporary)}


def test_a_base_model_answers_where_there_is_no_other(programs, tmp_path):
    env = recipes(tmp_path)
    done = programs.run("inkling-train", "base", "python", "--megabytes", "3", env=env)
    assert done.returncode == 0, done.stderr
    assert "package0 (1 of 4)" in done.stderr.decode()
    model = programs.home / "data" / "inkling" / "models" / "base" / "python"
    described = json.loads(programs.run("inkling", "inspect", model, "--json").stdout)
    assert described["provenance"]["language"] == "python"
    assert described["provenance"]["packages"] == [
        {"package": "package0", "version": "1", "licences": ["MIT"], "files": 8, "bytes": 3}]
    assert described["ngrams"]["order"] == 5 and described["ngrams"]["quantized"]
    assert not list((tmp_path / "tmp").iterdir())
    answer = programs.run("inkling", "complete", "--language", "python", "--json", input="def cal")
    assert json.loads(answer.stdout)["items"][0]["text"].startswith("calibrate_")
    without = programs.run("inkling", "complete", "--language", "python", "--layers", "none", "--json", input="def cal")
    assert json.loads(without.stdout)["items"] == []


def test_a_project_is_answered_by_the_base_model_too(programs, tmp_path):
    env = recipes(tmp_path)
    assert programs.run("inkling-train", "base", "python", env=env).returncode == 0
    text = tmp_path / "project.py"
    text.write_text("".join(f"def arrange_{n}(value):\n    return value.order({n})\n" for n in range(300)))
    assert programs.run("inkling-train", text, "--output", tmp_path / "model").returncode == 0
    for typed, name, source in (("def cal", "calibrate_", "base"), ("def arr", "arrange_", "ngram")):
        answer = programs.run("inkling", "complete", "--model", tmp_path / "model", "--language", "python", "--json",
                              input=typed)
        item = json.loads(answer.stdout)["items"][0]
        assert item["text"].startswith(name)
        assert source == "ngram" or item["source"] == source


def test_a_network_of_a_language_answers_and_is_what_others_begin_as(programs, tmp_path):
    env = recipes(tmp_path)
    done = programs.run("inkling-train", "base", "python", "--time", "2s", env=env)
    assert done.returncode == 0, done.stderr
    base = programs.home / "data" / "inkling" / "models" / "base" / "python"
    described = json.loads(programs.run("inkling", "inspect", base, "--json").stdout)
    assert described["recurrent"]["tied"] and described["recurrent"]["output"] == "full"
    for number in range(4):
        text = tmp_path / "project" / f"{number}.py"
        text.parent.mkdir(exist_ok=True)
        text.write_text("".join(f"def arrange_{n}(instrument):\n    return instrument.order({n + number})\n" for n in range(90)))
    project = text.parent
    assert programs.run("inkling-train", project, "--output", tmp_path / "model").returncode == 0
    measured = ["inkling", "evaluate", "--model", tmp_path / "model", "--json", "--typed-characters", "0", text]
    with_network, without = (
        json.loads(programs.run(*measured, *more).stdout) for more in ([], ["--without", "recurrent"]))
    assert with_network["bitsPerToken"] != without["bitsPerToken"]
    trained = programs.run("inkling-train", project, "--output", tmp_path / "model", "--epochs", 1, "--json")
    assert trained.returncode == 0, trained.stderr
    described = json.loads(programs.run("inkling", "inspect", tmp_path / "model", "--json").stdout)
    assert described["recurrent"]["from"]["model"] == "python" and described["recurrent"]["hidden"] == 256
    for options in (["--from", "none", "--epochs", 1, "--hidden", 8], ["--epochs", 1, "--hidden", 8]):
        assert programs.run("inkling-train", project, "--output", tmp_path / "model", *options).returncode == 0
        described = json.loads(programs.run("inkling", "inspect", tmp_path / "model", "--json").stdout)
        assert "from" not in described["recurrent"] and described["recurrent"]["hidden"] == 8
    refused = programs.run("inkling-train", project, "--from", base, "--hidden", 8, "--output", tmp_path / "model")
    assert refused.returncode == 2 and b"--hidden" in refused.stderr


def test_what_goes_wrong_is_said_and_leaves_nothing(programs, tmp_path):
    env = recipes(tmp_path)
    done = programs.run("inkling-train", "base", "c", env=env)
    assert done.returncode == 1 and b"could not be fetched" in done.stderr and b"no such luck" in done.stderr
    assert not list((tmp_path / "tmp").iterdir())
    assert not (programs.home / "data" / "inkling" / "models" / "base" / "c").exists()
    for arguments in (["klingon"], ["en", "de", "--output", "x"], ["swift", "--without-packages"]):
        assert programs.run("inkling-train", "base", *arguments, env=env).returncode == 2


def test_own_text_can_take_the_place_of_packages(programs, tmp_path):
    env = recipes(tmp_path)
    (tmp_path / "own.swift").write_text("func calibrate(instrument: Int) -> Int { instrument }\n" * 40)
    done = programs.run(
        "inkling-train", "base", "swift", "--without-packages", "--add", tmp_path / "own.swift", env=env)
    assert done.returncode == 0, done.stderr
    assert (programs.home / "data" / "inkling" / "models" / "base" / "swift" / "model.json").exists()


def test_every_language_has_a_recipe(programs):
    known = json.loads((ROOT / "corpora" / "base" / "languages.json").read_text())
    help_text = programs.run("inkling-train", "base", "--help").stdout.decode()
    named = re.search(r"Languages: ([a-z\s]+?)\n\s*\n", help_text).group(1).split()
    assert sorted(named) == sorted(known)
    for recipe in known.values():
        assert recipe["packages"] and recipe["formats"]


def test_text_of_other_languages_is_told_by_its_path():
    of = plaintext.is_of_language
    assert of("usr/share/doc/installation-guide-amd64/de/ch01.html", "installation-guide-amd64", "de")
    assert not of("usr/share/doc/installation-guide-amd64/de/ch01.html", "installation-guide-amd64", "en")
    assert of("usr/share/doc/debian-reference/ch01.fr.html", "debian-reference-fr", "fr")
    assert of("usr/share/doc/debian-faq/ch1.zh-cn.html", "debian-faq-zh-cn", "zh")
    assert not of("usr/share/doc/debian-faq/ch1.zh-tw.html", "debian-faq", "zh")
    assert of("usr/share/help/C/gnome-help/a.page", "gnome-user-docs", "en")
    assert of("usr/share/doc/vim/a.txt", "vim-doc", "en") and not of("usr/share/doc/vim/a.txt", "vim-doc", "ko")


def test_sentences_come_out_of_markup():
    page = ("<html><head><title>x</title><style>p {}</style></head><body><nav>Menu</nav><p>The quick <b>brown</b>\nfox"
            " jumps &amp; runs.</p><pre>code here that is long enough</pre><li>Short</li></body></html>")
    assert plaintext.paragraphs(plaintext.markup(page)) == "The quick brown fox jumps & runs.\n"
    manual = ".TH X 1\n.SH NAME\nx \\- does\n.PP\nThis is a \\fBsentence\\fR of\n.B many\nwords.\n"
    assert plaintext.paragraphs(plaintext.man(manual)) == "This is a sentence of many words.\n"
    assert plaintext.paragraphs(plaintext.pod("=head1 A\n\nUse B<the> L<text|http> of one line.\n\n  code of some words\n"
                                              )) == "Use the text of one line.\n"
