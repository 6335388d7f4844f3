"""`inkling generate` writes text: drawn from the mixture, spaced as people space, without what is withheld."""

import re

import pytest


def generated(programs, model, *options):
    return programs.inkling("generate", "--model", model, *options).stdout.decode()


def trained(programs, tmp_path, name, text, *options):
    folder = tmp_path / "text"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}{name}").write_text(f"{number}\n" + text)
    programs.train(folder, "--output", tmp_path / "model", "--held-out", 0, *options)
    return tmp_path / "model"


def test_a_prompt_is_text_and_goes_on_as_text(programs, prose_model):
    text = generated(programs, prose_model, "--prompt", "The old sailor saw", "--length", 60, "--temperature", 0.5)
    assert re.match(r"The old sailor saw [a-z]+ [a-z]+ ", text)
    assert " ." not in text and "  " not in text and text.count(".\n") > 2
    # A space that the prompt ends with is not written twice.
    assert generated(programs, prose_model, "--prompt", "The old ", "--length", 3).startswith("The old sailor ")


@pytest.mark.parametrize("component", ["ngram", "mixture"])
def test_components_can_be_drawn_from_alone(programs, prose_model, component):
    options = ["--component", component, "--length", 80]
    texts = [generated(programs, prose_model, *options, "--seed", seed) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_a_component_that_is_not_there_is_an_error(programs, prose_model):
    message = programs.inkling("generate", "--model", prose_model, "--component", "recurrent", check=1).stderr
    assert b"has no component recurrent to sample from (leave --component out)" in message


CODE = """#include <stdio.h>

static int count(const char *name, int limit) {
    if (name->size > limit && !name[0]) {
        return look_up(&name, "the moon, at night") - 1;
    }
    for (int i = 0; i < limit; i++) {
        printf("%d items\\n", i); // one a line
    }
}

"""
PAGE = "# The page\n\n- see `apt` in /etc/apt/sources.list, or [the site](https://example.com)\n\nIt's **bold** (and well-known).\n\n"
PYTHON = "def count(name, limit=3):\n    if name[0] == \"a\":\n        return -1\n    print(\"it is\", name.size)\n\n"


@pytest.mark.parametrize(
    "name, text, prompt", [(".c", CODE, CODE[:37]), (".md", PAGE, PAGE[:10]), (".py", PYTHON, PYTHON[:10])],
    ids=[".c", ".md", ".py"])
def test_text_is_spaced_as_people_space(programs, tmp_path, name, text, prompt):
    """What the most probable is, a model that has read one text again and again knows by heart."""
    model = trained(programs, tmp_path, name, text * 12, "--order", 6)
    written = generated(programs, model, "--prompt", prompt, "--temperature", 0, "--length", 60)
    assert (text * 20).startswith(written.rstrip("\n")), written


def test_chinese_has_no_spaces(programs, tmp_path):
    model = trained(programs, tmp_path, ".txt", "月亮在花园上面,老水手在 Debian 系统里忘记了信。\n" * 40)
    text = generated(programs, model, "--prompt", "月亮在", "--temperature", 0, "--length", 20)
    assert text.startswith("月亮在花园上面,老水手在 Debian 系统里忘记了信。\n")


def test_secrets_are_not_made_up(programs, tmp_path):
    """No text had a password in it, and yet the words of one could be drawn."""
    lines = "".join(f"{a}: {b}\n" for a in ("user", "name", "password", "place") for b in ("kangaroo7", "quokka9"))
    model = trained(programs, tmp_path, ".yaml", lines.replace("password", "login") * 20)
    text = generated(programs, model, "--prompt", "password: ", "--length", 40, "--language", "yaml")
    assert not re.search(r"password: *(kangaroo7|quokka9)", text)


def test_the_language_is_the_models_or_the_one_that_is_named(programs, prose_model):
    result = programs.inkling("generate", "--model", prose_model, "--language", "klingon", check=1)
    assert b"unknown language" in result.stderr
    assert generated(programs, prose_model, "--language", "markdown", "--length", 5)
