"""The words of a language, as corpora/words/fetch makes them of what packages have."""
import importlib.machinery
import importlib.util
from collections import Counter

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


def test_no_package_has_a_say_of_its_own():
    counts = {"large": Counter({"word": 40_000_000, "other": 1_000_000}), "small": Counter({"word": 10, "other": 100_000})}
    assert recipe().words(counts, LETTERS) == ["word", "other"]
    counts["small"]["other"] = 980_000
    assert recipe().words(counts, LETTERS) == ["other", "word"]


def test_names_of_code_are_not_counted():
    found = recipe().WORD.findall('A word (or two), "said" so: read_file, /usr/share, a.b, fn(x), x=y, end.\nIt\'s well-known!')
    assert found == ["A", "word", "or", "two", "said", "so", "x", "end", "It's", "well-known"]
