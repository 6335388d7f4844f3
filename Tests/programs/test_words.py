"""The words of a language, as corpora/words/fetch makes them of what packages have."""
import importlib.machinery
import importlib.util
import shutil
import subprocess
from collections import Counter

import pytest
from program_support import ROOT


def recipe():
    loader = importlib.machinery.SourceFileLoader("words_fetch", str(ROOT / "corpora" / "words" / "fetch"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("words_fetch", loader))
    loader.exec_module(module)
    return module


LETTERS = "abcdefghijklmnopqrstuvwxyz"


def test_frequent_words_come_first_in_their_own_case():
    counts = {"a": Counter({"the": 900, "The": 90, "Debian": 40, "storage": 20, "once": 9}),
              "b": Counter({"the": 100, "Debian": 1, "debian": 2, "storage": 1})}
    assert recipe().words(counts, LETTERS) == ["the", "Debian", "storage"]


def test_rare_spellings_of_frequent_words_are_none():
    counts = {name: Counter({"receive": 500, "recieve": 1, "zebra": 1}) for name in "ab"}
    assert recipe().words(counts, LETTERS) == ["receive", "zebra"]
    # Where a dictionary has it, it is a word however rare.
    assert "recieve" in recipe().words(counts | {"dict-wn": Counter({"recieve": 1})}, LETTERS)


def test_what_no_dictionary_accepts_needs_many_packages():
    module = recipe()
    counts = {str(place): Counter({"occurred": 900, "storage": 90}) for place in range(10)}
    for place in range(9):
        counts[str(place)] += Counter({"occured": 2, "backend": 5})
    for place in range(4):
        counts[str(place)] += Counter({"informations": 2, "bytecodes": 2, "grund": 50, "oder": 30})
    votes = {"occurred": 2, "storage": 2, "informations": 1, "bytecodes": 1, "Oder": 2}
    listed = module.words(counts, LETTERS, lambda forms: votes)
    assert set(listed) == {"occurred", "storage", "backend", "informations", "bytecodes", "Oder"}
    # Nor is what is an edit away from a word that is written far more often, or is known to be wrong.
    for place in range(10):
        counts[str(place)] += Counter({"information": 40})
    listed = module.words(counts, LETTERS, lambda forms: votes | {"information": 2}, lambda words: {"backend"} & set(words))
    assert set(listed) == {"occurred", "storage", "information", "bytecodes", "Oder"}


def listed_words(language="en"):
    lines = (ROOT / "grammars" / f"{language}.words").read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#")]


def test_the_list_that_ships_has_words_of_computing_and_no_misspellings():
    words = set(listed_words())
    assert not words & set("""abscence accomodate acheive accross adress agressive apparantly arguement begining beleive calender
        collegue comming commited definately dependancy dissapear embarass enviroment existance familar foriegn goverment guage
        immediatly independant lenght neccessary noticable occassion occured occurence persistant posession prefered publically
        recieve refered relevent seperate succesful suprise teh tommorow transfered truely untill wierd wich writen""".split())
    for word in """filename hostname backend async regex namespace metadata don't colour color organise organize
            Wednesday misspelling""".split():
        assert word in words, word


def test_the_german_list_that_ships_has_words_of_computing_with_their_capitals_and_no_misspellings():
    words = listed_words("de")
    assert len(words) == len(set(words)) > 15_000
    assert not set(words) & set("""Standart Rythmus vorraus wiederspiegeln nähmlich seperat Addresse Resourcen garnicht ausserdem
        Vorrausetzung teh the of and with don't isn't""".split())
    for word in "Datei Verzeichnis Rechner Schlüssel überprüfen Benutzer Dateisystem Passwort Mittwoch über dass".split():
        assert word in words, word
    assert "datei" not in words


@pytest.mark.skipif(not all(map(shutil.which, ("aspell", "codespell"))), reason="needs aspell and codespell")
def test_the_list_that_ships_has_none_of_the_misspellings_that_codespell_knows():
    words = listed_words()

    def refused(dictionary):
        command = ["aspell", "-l", dictionary, "--encoding=utf-8", "list"]
        return set(subprocess.run(command, input="\n".join(words), capture_output=True, text=True, check=True).stdout.split("\n"))

    both = refused("en_US") & refused("en_GB")
    unknown = [word for word in words if word in both]
    assert len(unknown) < 0.1 * len(words)
    answer = subprocess.run(["codespell", "-"], input="\n".join(unknown), capture_output=True, text=True)
    assert answer.stdout == ""


def test_no_package_has_a_say_of_its_own():
    counts = {"large": Counter({"word": 40_000_000, "other": 1_000_000}), "small": Counter({"word": 10, "other": 100_000})}
    assert recipe().words(counts, LETTERS) == ["word", "other"]
    counts["small"]["other"] = 980_000
    assert recipe().words(counts, LETTERS) == ["other", "word"]


def test_names_of_code_are_not_counted():
    found = recipe().WORD.findall('A word (or two), "said" so: read_file, /usr/share, a.b, fn(x), x=y, end.\nIt\'s well-known!')
    assert found == ["A", "word", "or", "two", "said", "so", "x", "end", "It's", "well-known"]
