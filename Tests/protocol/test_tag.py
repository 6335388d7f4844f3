"""`inkling/tag`: the tags of a document's words, behind the edits that came before, in the client's positions."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from lsp_client import Client  # noqa: E402

BIN = pathlib.Path(os.environ["INKLING_BIN"]).resolve()
TAGGED = "the\tDET\ndog\tNOUN\nruns\tVERB\n.\tPUNCT\n\na\tDET\ncat\tNOUN\nsleeps\tVERB\n.\tPUNCT\n\n" * 10


@pytest.fixture
def start(tmp_path):
    started = []
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"),
                   "XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path / "config")}

    def train(name):
        text = tmp_path / "tagged.tsv"
        text.write_text(TAGGED if name == "tags" else TAGGED.replace("NOUN", "THING"))
        subprocess.run(
            [BIN / "inkling-train", "tag", text, "--tagger", "hmm", "--output",
             tmp_path / "data" / "inkling" / "models" / "tagger"], check=True, env=environment, capture_output=True)

    def start(text, language="plaintext", encoding="utf-16", name="tags"):
        if name:
            train(name)
        client = Client([str(BIN / "inkling"), "serve"], env=environment)
        started.append(client)
        client.initialize(
            {"general": {"positionEncodings": [encoding]}}, {"train": {"workspace": False}})
        uri = (tmp_path / "a.txt").as_uri()
        client.open(uri, text, language)
        return client, uri, train

    yield start
    for client in started:
        client.process.kill()


def tag(client, uri, **params):
    return client.request("inkling/tag", {"textDocument": {"uri": uri}, **params})


def words(result):
    return [[(word["tag"], word["range"]["start"]["line"], word["range"]["start"]["character"]) for word in sentence]
            for sentence in result["sentences"]]


@pytest.mark.parametrize("encoding, width", [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_words_have_tags_and_places(start, encoding, width):
    client, uri, _ = start("😀. the dog runs.\nA cat sleeps.\n", encoding=encoding)
    result = tag(client, uri)
    assert result["tagger"] == "hmm" and result["version"] == 1
    assert words(result)[1] == [("DET", 0, width + 2), ("NOUN", 0, width + 6), ("VERB", 0, width + 10),
                                ("PUNCT", 0, width + 14)]
    assert words(result)[2][1] == ("NOUN", 1, 2)
    second = {"start": {"line": 1, "character": 0}, "end": {"line": 2, "character": 0}}
    part = tag(client, uri, range=second, probabilities=True)
    assert words(part) == words(result)[2:]
    for word in part["sentences"][0]:
        assert abs(sum(word["probabilities"].values()) - 1) < 1e-6
    assert client.stop() == 0


def test_edits_that_came_before_are_seen(start):
    client, uri, _ = start("the dog runs.")
    client.change(uri, 2, 0, 0, "a cat sleeps. ")
    result = tag(client, uri)
    assert result["version"] == 2 and len(result["sentences"]) == 2
    assert words(result)[0][1] == ("NOUN", 0, 2)


def test_of_code_comments_are_tagged(start):
    client, uri, _ = start("let dog = 1  // the dog runs\n", language="swift")
    assert [[word[0] for word in sentence] for sentence in words(tag(client, uri))] == [["DET", "NOUN", "VERB"]]


def test_a_tagger_that_is_replaced_is_taken_up(start):
    client, uri, train = start("the dog runs.")
    assert words(tag(client, uri))[0][1][0] == "NOUN"
    train("others")
    assert words(tag(client, uri))[0][1][0] == "THING"


def test_without_a_tagger_and_with_a_damaged_one_there_is_a_sentence(start, tmp_path):
    client, uri, train = start("the dog runs.", name=None)

    def error(**params):
        answer = client.wait(client.start("inkling/tag", {"textDocument": {"uri": uri}, **params}))
        return answer["error"]

    assert error()["code"] == -32803 and "inkling-train tag" in error()["message"]
    train("tags")
    model = tmp_path / "data" / "inkling" / "models" / "tagger"
    assert len(tag(client, uri)["sentences"]) == 1
    (model / "tagger.bin").write_bytes((model / "tagger.bin").read_bytes()[:100])
    # What is open goes on; who opens it anew is told.
    shutil.copy(model / "model.json", model / "copy")
    os.replace(model / "copy", model / "model.json")
    assert "damaged" in error()["message"]
    assert error(range="x")["code"] == -32602 and error(probabilities=1)["code"] == -32602
    assert client.stop() == 0
