"""Drives a real Vim in a terminal, as a person types: with ALE, and with no plugin at all."""
import json
import pathlib
import shutil

import pytest

import editor_support as support
from editor_support import AWKWARD, BEGINNINGS, CODE, CORRECTED, SENTENCES, SLIP, TRAPS

HERE = pathlib.Path(__file__).resolve().parent
ALE = pathlib.Path("/usr/share/vim-ale")
pytestmark = pytest.mark.skipif(not (shutil.which("vim") and shutil.which("tmux")), reason="Vim or tmux is not here")

WITHOUT_PLUGIN = f"set runtimepath+={HERE}\nset omnifunc=inkling#complete\nset completeopt=menu,menuone,noselect\n"
WITH_ALE = f"set runtimepath+={ALE}\nset runtimepath+={HERE}\nlet g:ale_completion_enabled = 1\n"


class Vim:
    def __init__(self, folder, variables, setup):
        self.folder, self.variables = folder, variables
        home = pathlib.Path(variables["HOME"])
        self.state = home / "state.json"
        # A file that is written again and again is how the test sees into Vim.
        (home / ".vimrc").write_text(f"""
set nocompatible hidden noswapfile encoding=utf-8
filetype plugin on
{setup}
function! TellState(timer)
  let l:marks = exists('*ale#engine#GetLoclist') ? map(copy(ale#engine#GetLoclist(bufnr(''))), '[v:val.text, v:val.col]') : []
  let l:menu = complete_info(['items', 'pum_visible'])
  call writefile([json_encode({{'lines': getline(1, '$'), 'marks': l:marks, 'mode': mode(), 'file': expand('%:t'),
    \\ 'menu': l:menu.pum_visible ? map(copy(l:menu.items), 'v:val.word') : []}})], '{self.state}.new')
  call rename('{self.state}.new', '{self.state}')
endfunction
call timer_start(80, 'TellState', {{'repeat': -1}})
""")
        self.terminal = support.Terminal(["vim"], folder, variables)
        self.wait(self.state.exists, "Vim to start")

    def look(self, what):
        # Vim's rename() takes the old file away first.
        return json.loads(self.wait(lambda: self.state.exists() and self.read(), "Vim's state"))[what]

    def read(self):
        try:
            return self.state.read_text()
        except FileNotFoundError:
            return ""

    def wait(self, condition, what, seconds=40):
        return support.wait(condition, what, seconds)

    def edit(self, name, text, newline="\n"):
        (self.folder / name).write_bytes(text.replace("\n", newline).encode())
        self.command(f"edit {name}")
        self.wait(lambda: self.look("file") == name, "the file")

    def command(self, text):
        self.terminal.press("Escape", pause=0.1)
        self.terminal.type(":" + text)
        self.terminal.press("Enter")

    def quit(self):
        screen = self.terminal.screen()
        self.command("qall!")
        assert self.terminal.wait_end() == 0
        assert not [line for line in screen.split("\n") if line.startswith("E") and line[1:2].isdigit()]
        support.assert_nothing_left(self.variables)


@pytest.fixture
def vim(project, variables):
    started = []

    def start(setup):
        started.append(Vim(project, variables, setup))
        return started[-1]

    yield start
    for editor in started:
        editor.terminal.kill()


def type_awkward_words(editor, newline):
    editor.edit("sum.txt", CODE, newline)
    editor.terminal.type("Go")
    for before in AWKWARD:
        editor.terminal.type(before + " let x = coun")
        yield
        editor.wait(lambda: "counter" in editor.look("menu"), "the menu")
        editor.terminal.press("C-n", "C-y", pause=0.1)
        editor.wait(lambda: editor.look("lines")[-1] == before + " let x = counter", "the completed line")
        editor.terminal.press("Enter")
    editor.command("write")
    expected = (CODE + "".join(before + " let x = counter\n" for before in AWKWARD) + "\n").replace("\n", newline).encode()
    editor.wait(lambda: (editor.folder / "sum.txt").read_bytes() == expected, "the file as typed")


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_completes_without_a_plugin(vim, newline):
    editor = vim(WITHOUT_PLUGIN)
    for _ in type_awkward_words(editor, newline):
        editor.terminal.press("C-x", "C-o")
    editor.quit()


def test_first_row_is_that_of_the_command_line(vim):
    editor = vim(WITHOUT_PLUGIN)
    for number, text in enumerate(BEGINNINGS):
        expected = support.first_word(SENTENCES[0] + text, editor.folder, editor.variables)
        editor.edit(f"note{number}.txt", SENTENCES[0] + text)
        editor.terminal.type("GA")
        editor.terminal.press("C-x", "C-o")
        assert editor.wait(lambda: editor.look("menu"), "the menu")[0] == expected
        editor.terminal.press("C-e", "Escape")
        editor.command("set nomodified")
    editor.quit()


def test_marks_and_dictionary_without_a_plugin(vim):
    editor = vim(WITHOUT_PLUGIN)
    editor.edit("note.txt", SENTENCES[0] + SLIP + "\n")
    editor.command("InklingMarks")
    editor.wait(lambda: '"stoarge" is probably "storage"' in editor.terminal.screen(), "the quickfix list")
    editor.command("cclose")
    editor.command("InklingDictionary stoarge")
    editor.wait(lambda: (editor.folder / ".inkling/dictionary.txt").exists(), "the dictionary")
    editor.command("InklingMarks")
    editor.wait(lambda: "probably" not in editor.terminal.screen(), "the list without it")
    editor.quit()


def test_says_that_the_program_is_missing(vim):
    editor = vim("let g:inkling_program = 'inkling-that-is-not-here'\n" + WITHOUT_PLUGIN)
    editor.edit("note.txt", SENTENCES[0])
    editor.terminal.type("GoThe")
    editor.terminal.press("C-x", "C-o", "Escape")
    editor.wait(lambda: "is no program on the PATH" in editor.terminal.screen(), "the message")
    editor.quit()


needs_ale = pytest.mark.skipif(not ALE.exists(), reason="ALE is not here")


@needs_ale
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_completes_with_ale(vim, newline):
    editor = vim(WITH_ALE)
    for _ in type_awkward_words(editor, newline):
        pass
    editor.quit()


@needs_ale
def test_types_what_is_typed_with_ale(vim):
    editor = vim(WITH_ALE)
    editor.edit("sum.txt", CODE + TRAPS)
    editor.terminal.type("Go")
    editor.terminal.type_slowly("return", 0.3)
    editor.terminal.type_slowly("\n\nlet ")
    editor.wait(lambda: editor.look("lines")[-3:] == ["return", "", "let "], "the typed lines")
    editor.quit()


@needs_ale
@pytest.mark.parametrize("how", ["correction", "dictionary"])
def test_a_slip_is_marked_with_ale(vim, how):
    editor = vim(WITH_ALE)
    editor.edit("note.txt", SENTENCES[0])
    editor.terminal.type(f"Go{SLIP}")
    editor.terminal.press("Escape")
    found = editor.wait(lambda: editor.look("marks"), "a mark on the slip", 30)
    assert '"stoarge" is probably "storage"' in found[0][0] and found[0][1] == 39
    editor.command("call cursor(2, 40)")
    editor.command("ALECodeAction")
    editor.wait(lambda: "Correct to" in editor.terminal.screen(), "the actions")
    lines = [line for line in editor.terminal.screen().split("\n") if line[:1].isdigit() and line[1:2] in ")."]
    wanted = [line for line in lines if ("Correct to “storage”" if how == "correction" else "dictionary") in line]
    editor.terminal.type(wanted[0][0])
    editor.terminal.press("Enter")
    if how == "correction":
        editor.wait(lambda: editor.look("lines")[1] == CORRECTED, "the correction")
    else:
        editor.wait(lambda: (editor.folder / ".inkling/dictionary.txt").exists(), "the dictionary")
    editor.wait(lambda: not editor.look("marks"), "the mark to go")
    editor.quit()
