"""Drives a real Emacs in a terminal, as a person types, with Eglot, Company and the lines of the README."""
import os
import pathlib
import shutil
import sys

import pytest

import editor_support as support
from editor_support import AWKWARD, BEGINNINGS, CODE, CORRECTED, SENTENCES, SLIP, TRAPS

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from emacs_driver import LSP_MODE, Emacs  # noqa: E402

pytestmark = pytest.mark.skipif(
    not (shutil.which("emacs") and shutil.which("tmux")), reason="Emacs or tmux is not here")

@pytest.fixture
def emacs(project, variables):
    started = []

    def start(setup="", **options):
        started.append(Emacs(project, variables, setup, **options))
        return started[-1]

    yield start
    for editor in started:
        editor.terminal.kill()


def test_types_what_is_typed_and_completes(emacs):
    editor = emacs()
    editor.edit("sum.txt", CODE + TRAPS)
    terminal = editor.terminal
    terminal.type_slowly("return")
    editor.wait(lambda: editor.menu(), "the menu")
    terminal.press("Enter")
    terminal.type_slowly("\nlet ")
    editor.wait(lambda: editor.lines()[-3:] == ["return", "", "let "], "the typed lines")
    for before in AWKWARD:
        terminal.type(before + " let x = coun")
        editor.wait(lambda: "counter" in editor.menu(), "the menu")
        terminal.press("Tab")
        editor.wait(lambda: editor.lines()[-1].endswith(before + " let x = counter"), "the completed line")
        terminal.press("Enter")
    # Chosen by hand, Return accepts, too.
    terminal.type("coun")
    editor.wait(lambda: "counter" in editor.menu(), "the menu")
    terminal.press("M-n", "M-p", "Enter", pause=0.1)
    editor.wait(lambda: editor.lines()[-1] == "counter", "the chosen word")
    editor.quit()


def test_words_land_in_files_of_windows(emacs):
    editor = emacs()
    editor.edit("sum.txt", CODE, "\r\n")
    for before in AWKWARD:
        editor.terminal.type(before + " let x = coun")
        editor.wait(lambda: "counter" in editor.menu(), "the menu")
        editor.terminal.press("Tab")
        editor.wait(lambda: editor.lines()[-1] == before + " let x = counter", "the completed line")
        editor.terminal.press("Enter")
    editor.terminal.press("C-x", "C-s")
    expected = (CODE + "".join(before + " let x = counter\n" for before in AWKWARD)).replace("\n", "\r\n").encode()
    editor.wait(lambda: (editor.folder / "sum.txt").read_bytes() == expected, "the file as typed")
    editor.quit()


def test_first_row_is_that_of_the_command_line(emacs):
    editor = emacs()
    for number, text in enumerate(BEGINNINGS):
        expected = support.first_word(SENTENCES[0] + text, editor.folder, editor.variables)
        editor.edit(f"note{number}.txt", SENTENCES[0] + text[:-1])
        editor.terminal.type(text[-1])
        assert editor.wait(lambda: editor.menu(), "the menu")[0] == expected
        editor.terminal.press("C-g")
    editor.quit()


@pytest.mark.parametrize("how", ["correction", "dictionary"])
def test_a_slip_is_marked(emacs, how):
    editor = emacs()
    editor.edit("note.txt", SENTENCES[0])
    editor.terminal.type(SLIP)
    found = editor.wait(lambda: editor.marks(), "a mark on the slip")
    assert '"stoarge" is probably "storage"' in found[0][0]
    editor.eval("(progn (search-backward \"stoarge\") (forward-char 2) t)")
    if how == "correction":
        editor.terminal.press("M-x")
        editor.terminal.type("eglot-code-actions")
        editor.terminal.press("Enter")
        editor.wait(lambda: "default Correct to “storage”" in editor.terminal.screen(), "the question")
        editor.terminal.press("Enter")
        editor.wait(lambda: editor.lines()[1] == CORRECTED, "the correction")
    else:
        editor.terminal.press("M-x")
        editor.terminal.type("inkling-dictionary")
        editor.terminal.press("Enter", "Enter")
        editor.wait(lambda: (editor.folder / ".inkling/dictionary.txt").exists(), "the dictionary")
    editor.wait(lambda: not editor.marks(), "the mark to go")
    editor.quit()


def test_ghost_text(emacs):
    editor = emacs("(setq company-idle-delay nil) (add-hook 'text-mode-hook #'inkling-ghost-mode)\n")
    editor.edit("note.txt", "".join(SENTENCES))
    terminal = editor.terminal
    line = "The rope of the island is kept in the s"
    terminal.type(line)
    text = editor.wait(editor.ghost, "ghost text")
    assert text.startswith("torage of the")
    terminal.type_slowly("to")
    assert editor.ghost() == text[2:]
    assert editor.lines()[-1] == line + "to"
    terminal.press("M-Right")
    editor.wait(lambda: editor.lines()[-1] == line + "torage", "the word")
    assert editor.ghost() == text[len("torage"):]
    terminal.press("Tab")
    editor.wait(lambda: editor.lines()[-1] == line + text, "all of it")
    terminal.press("Enter")
    terminal.type(line)
    editor.wait(editor.ghost, "ghost text")
    terminal.press("C-g")
    editor.wait(lambda: not editor.ghost(), "the ghost text to go")
    editor.quit()


def test_heat_and_commands(emacs):
    editor = emacs()
    editor.edit("note.txt", "".join(SENTENCES) + "zebra quantum zither\n")
    editor.eval("(progn (inkling-heat-mode) t)")
    heat = "(length (seq-filter (lambda (o) (eq (overlay-get o 'category) 'inkling-heat)) (overlays-in (point-min) (point-max))))"
    editor.wait(lambda: editor.eval(heat), "the heat map")
    editor.eval("(progn (inkling-heat-mode -1) (inkling-status) t)")
    editor.wait(lambda: "tokens counted" in editor.terminal.screen(), "the status")
    editor.eval("(progn (inkling-explain \"harbour\") t)")
    editor.wait(lambda: "In the vocabulary" in editor.terminal.screen(), "the explanation")
    editor.quit()


def test_says_that_the_program_is_missing(emacs):
    editor = emacs("(setq inkling-program \"inkling-that-is-not-here\")\n")
    (editor.folder / "a.txt").write_text("some words\n")
    editor.eval("(progn (find-file \"a.txt\") (goto-char (point-max)) t)")
    editor.wait(lambda: "is no program on the PATH" in editor.terminal.screen(), "the message")
    editor.terminal.type("word")
    editor.wait(lambda: editor.lines()[-1] == "word", "the typed line")


@pytest.mark.skipif(
    not (os.environ.get("INKLING_LONG_TESTS") and pathlib.Path("/usr/share/emacs/site-lisp/elpa-src").is_dir()
         and list(pathlib.Path("/usr/share/emacs/site-lisp/elpa-src").glob("lsp-mode*"))),
    reason="a long test, and it needs lsp-mode")
def test_lsp_mode(emacs):
    """lsp-mode counts code points, which the server is told."""
    editor = emacs("(require 'inkling-ghost)\n(setq lsp-auto-guess-root t lsp-warn-no-matched-clients nil)\n", readme=LSP_MODE)
    editor.edit("sum.txt", CODE + TRAPS)
    terminal = editor.terminal
    for before in AWKWARD:
        terminal.type(before + " let x = coun")
        editor.wait(lambda: "counter" in editor.menu(), "the menu")
        terminal.press("M-n", "M-p", "Enter", pause=0.1)
        editor.wait(lambda: editor.lines()[-1] == before + " let x = counter", "the completed line")
        terminal.press("Enter")
    editor.edit("note.txt", "".join(SENTENCES))
    editor.eval("(progn (company-mode -1) (inkling-ghost-mode) t)")
    terminal.type("The rope of the island is kept in the s")
    text = editor.wait(editor.ghost, "ghost text")
    terminal.press("Tab")
    editor.wait(lambda: editor.lines()[-1] == "The rope of the island is kept in the s" + text, "all of it")
    editor.quit()
