"""Drives a real headless Neovim, as a person types, with the built server and the two lines of the README."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pynvim
import pytest

import editor_support as support
from editor_support import AWKWARD, BEGINNINGS, CODE, CORRECTED, SENTENCES, SLIP, TRAPS

HERE = pathlib.Path(__file__).resolve().parent
NVIM = shutil.which("nvim", path=str(pathlib.Path(sys.executable).parent)) or shutil.which("nvim")


class Neovim:
    def __init__(self, folder, variables, setup="", path=None):
        self.folder, self.variables = folder, dict(variables)
        if path:
            self.variables["PATH"] = path
        self.socket = str(folder.parent / "nvim.sock")
        config = pathlib.Path(self.variables["HOME"]) / ".config/nvim"
        config.mkdir(parents=True)
        # What the README says, and nothing else.
        (config / "init.lua").write_text(
            f"vim.opt.runtimepath:append({json.dumps(str(HERE))})\n{setup}\nvim.lsp.enable('inkling')\n")
        self.process = subprocess.Popen(
            [NVIM, "--headless", "--listen", self.socket], cwd=folder, env=self.variables,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        support.wait(lambda: os.path.exists(self.socket), "Neovim to listen")
        self.nvim = pynvim.attach("socket", path=self.socket)

    def lua(self, expression):
        return json.loads(self.nvim.exec_lua(f"return vim.json.encode({expression})"))

    def type(self, keys):
        self.nvim.input(keys)

    def type_slowly(self, *keys, pause=0.15):
        """One key at a time, the menu coming up in between."""
        for key in keys:
            self.type(key)
            time.sleep(pause)

    def wait(self, condition, what, seconds=40):
        return support.wait(condition, what, seconds)

    def edit(self, name, text, newline="\n"):
        (self.folder / name).write_bytes(text.replace("\n", newline).encode())
        self.type(f":edit {name}<CR>")
        self.wait(lambda: self.lua("#vim.lsp.get_clients({ name = 'inkling', bufnr = 0 })") == 1, "the server")

    def lines(self):
        return self.lua("vim.api.nvim_buf_get_lines(0, 0, -1, false)")

    def menu(self):
        return self.lua("vim.tbl_map(function(item) return item.word end, vim.fn.complete_info({'items'}).items)")

    def marks(self):
        return self.lua("vim.tbl_map(function(d) return { d.message, d.lnum, d.col, d.severity } end, vim.diagnostic.get(0))")

    def messages(self):
        return self.lua("vim.fn.execute('messages')")

    def quit(self):
        try:
            errors = [line for line in self.messages().split("\n") if line.startswith("E") and line[1:2].isdigit()]
            self.type("<C-\\><C-n>:qall!<CR>")
            assert self.process.wait(timeout=10) == 0
        finally:
            self.process.kill()
            self.nvim.close()
        assert errors == []
        log = pathlib.Path(self.variables["HOME"]) / ".local/state/nvim/lsp.log"
        if log.exists():
            assert [line for line in log.read_text().splitlines() if line.startswith("[ERROR]")] == []
        support.assert_nothing_left(self.variables)


@pytest.fixture
def neovim(project, variables):
    started = []

    def start(setup="", path=None):
        started.append(Neovim(project, variables, setup, path))
        return started[-1]

    yield start
    for editor in started:
        editor.process.kill()


def test_types_what_is_typed(neovim):
    """With the two lines of the documentation alone nothing is put into the text that was not chosen."""
    editor = neovim()
    assert editor.lua("vim.go.completeopt") == "menu,popup"
    editor.edit("sum.swift", CODE + TRAPS)
    editor.type("Go")
    editor.type_slowly("r", "e", "t", "u", "r", "n", " ", "s", "u", "m")
    editor.type_slowly("<CR>", "r", "e", "t", "u", "r", "n", "<CR>", "<CR>")
    editor.type("let<CR>amount<Esc>")
    editor.wait(lambda: editor.lines()[-5:] == ["return sum", "return", "", "let", "amount"], "the typed lines")
    assert editor.lua("vim.go.completeopt") == "menu,popup"
    editor.quit()


def test_completes_while_typing(neovim):
    editor = neovim()
    editor.edit("sum.swift", "// 😀 é\n" + CODE)
    editor.type("Go")
    editor.type("let 😀x = cou")
    menu = editor.wait(lambda: editor.menu(), "the menu")
    assert menu[0] == "counter"
    # The menu narrows as the word goes on, and the choice lands in the right columns behind an emoji.
    editor.type("nt")
    editor.wait(lambda: "counter" in editor.menu(), "the menu after more letters")
    editor.type("<C-n><C-y>")
    editor.wait(lambda: editor.lines()[-1] == "let 😀x = counter", "the completed line")
    editor.type(" + amo")
    editor.wait(lambda: "amount" in editor.menu(), "the menu of the second word")
    editor.type("<C-n><C-y><Esc>")
    editor.wait(lambda: editor.lines()[-1] == "let 😀x = counter + amount", "the second word")
    editor.quit()


@pytest.mark.parametrize("text, typed, word", [
    ("Перевод словаря и перевод книги.", "пере", "Перевод"), ("데비안은 자유 소프트웨어를 쓴다.", "소프", "소프트웨어를"), ("Die Übersicht über Übungen.", "Ü", "Übersicht")])
def test_completes_letters_of_other_scripts(neovim, text, typed, word):
    editor = neovim()
    editor.edit("notes.md", 4 * (text + "\n"))
    editor.type("Go")
    editor.type_slowly(*typed)
    editor.wait(lambda: any(item.startswith(word) for item in editor.menu()), "the menu")
    editor.type("<Esc>")
    editor.quit()


def test_an_item_of_several_words_lands_whole(neovim):
    editor = neovim()
    editor.edit("notes.md", 6 * "The lighthouse of the island is painted white.\n")
    editor.type("GoThe light")
    menu = editor.wait(lambda: [item for item in editor.menu() if " " in item] and editor.menu(), "the menu")
    place = next(index for index, item in enumerate(menu) if " " in item)
    editor.type((place + 1) * "<C-n>" + "<C-y><Esc>")
    editor.wait(lambda: editor.lines()[-1] == "The " + menu[place], "the words")
    editor.quit()


def test_return_leaves_blank_lines(neovim):
    """Where a line begins no menu comes up, nor behind a brace; one that is asked for does."""
    editor = neovim("vim.o.autoindent = true; vim.o.completeopt = 'menu,menuone,noinsert'")
    editor.edit("sum.swift", CODE)
    editor.type("Go")
    editor.type_slowly(
        "f", "o", "r", "<Space>", "x", "<Space>", "{", "<CR>", "<Space>", "<Space>", "<CR>", "<Tab>", "<CR>", pause=0.12)
    assert editor.menu() == []
    editor.type("}")
    editor.wait(lambda: editor.lines()[-1].strip() == "}", "the typed lines")
    assert [line.strip() for line in editor.lines()[-4:]] == ["for x {", "", "", "}"]
    editor.type("<CR>")
    # Neovim tells of an edit after 150 ms, and within 500 ms of it the server takes any request for an automatic one.
    time.sleep(1.2)
    editor.type("<C-x><C-o>")
    assert editor.wait(lambda: editor.menu(), "the menu")
    editor.type("<C-e><Esc>")
    editor.quit()


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_words_land_behind_anything(neovim, newline):
    editor = neovim()
    editor.edit("sum.swift", CODE, newline)
    editor.type("Go")
    for before in AWKWARD:
        editor.type(before + " let x = coun")
        editor.wait(lambda: "counter" in editor.menu(), "the menu")
        editor.type("<C-n><C-y>")
        editor.wait(lambda: editor.lines()[-1] == before + " let x = counter", "the completed line")
        editor.type("<CR>")
    editor.type("<Esc>:write<CR>")
    expected = (CODE + "".join(before + " let x = counter\n" for before in AWKWARD) + "\n").replace("\n", newline).encode()
    editor.wait(lambda: (editor.folder / "sum.swift").read_bytes() == expected, "the file as typed")
    editor.quit()


def test_first_row_is_that_of_the_command_line(neovim):
    editor = neovim()
    for text in BEGINNINGS:
        expected = support.first_word(SENTENCES[0] + text, editor.folder, editor.variables)
        editor.edit("note.txt", SENTENCES[0] + text)
        editor.type("GA<C-x><C-o>")
        assert editor.wait(lambda: editor.menu(), "the menu")[0] == expected
        editor.type("<C-e><Esc>:bwipeout!<CR>")
    editor.quit()


def test_omni_completion_without_autotrigger(neovim):
    editor = neovim("require('inkling').autotrigger = false")
    editor.edit("sum.swift", CODE)
    editor.type("Goamo")
    time.sleep(0.5)
    assert editor.menu() == []
    editor.type("<C-x><C-o>")
    assert "amount" in editor.wait(lambda: editor.menu(), "the menu")
    editor.quit()


def test_leaves_the_menu_to_a_completion_plugin(neovim):
    """One that is loaded at the start, and one that comes with the first insert."""
    editor = neovim("package.loaded['cmp'] = {}")
    editor.edit("sum.swift", CODE)
    editor.type_slowly("Go", "a", "m", "o", pause=0.3)
    assert editor.menu() == []
    assert editor.lua("vim.bo.completeopt") == ""
    editor.type("<Esc>:lua package.loaded['cmp'] = nil<CR>:bwipeout!<CR>")
    editor.edit("other.swift", CODE)
    editor.type(":lua vim.api.nvim_create_autocmd('InsertEnter', { once = true, callback = function() "
                "package.loaded['blink.cmp'] = {} end })<CR>")
    editor.type_slowly("Go", "a", "m", "o", pause=0.3)
    assert editor.menu() == []
    editor.quit()


def test_stays_out_of_file_types(neovim):
    editor = neovim("require('inkling').disabled_filetypes = { 'text' }")
    (editor.folder / "a.txt").write_text("a text\n")
    editor.type(":edit a.txt<CR>")
    editor.edit("sum.swift", CODE)
    attached = "vim.tbl_map(function(b) return vim.fs.basename(vim.api.nvim_buf_get_name(b)) end, vim.tbl_keys(vim.lsp.get_clients({ name = 'inkling' })[1].attached_buffers))"
    assert editor.lua(attached) == ["sum.swift"]
    editor.quit()


def test_a_slip_is_marked_and_corrected(neovim):
    editor = neovim()
    editor.edit("note.txt", SENTENCES[0])
    editor.type(f"Go{SLIP}<Esc>")
    found = editor.wait(lambda: editor.marks(), "a mark on the slip")
    assert [mark[1:] for mark in found] == [[1, 38, 4]]
    assert found[0][0].startswith('"stoarge" is probably "storage"')
    editor.type(":lua vim.api.nvim_win_set_cursor(0, {2, 40}); vim.lsp.buf.code_action({ apply = true, "
                "filter = function(action) return action.isPreferred end })<CR>")
    editor.wait(lambda: editor.lines()[1] == CORRECTED, "the correction")
    editor.wait(lambda: not editor.marks(), "the mark to go")
    editor.quit()


def test_marks_improbable_text(neovim):
    editor = neovim("vim.lsp.config('inkling', { settings = { inkling = { diagnostics = { thresholdBits = 8 } } } })")
    editor.edit("sum.swift", CODE)
    # What the few lines do not foresee may be marked from the start; the planted word is not there yet.
    editor.type("Golet sum = zebra + amount<Esc>")
    found = editor.wait(lambda: [mark for mark in editor.marks() if "zebra" in mark[0]], "a mark on the odd word")
    assert found[0][1:3] == [24, 10]
    editor.type(":%s/zebra/counter/<CR>")
    editor.wait(lambda: not [mark for mark in editor.marks() if "zebra" in mark[0]], "the mark to go")
    editor.quit()


@pytest.mark.parametrize("how", ["action", "command"])
def test_a_word_of_the_dictionary_is_not_marked(neovim, how):
    editor = neovim()
    editor.edit("note.txt", SENTENCES[0])
    editor.type(f"Go{SLIP}<Esc>")
    editor.wait(lambda: editor.marks(), "a mark on the slip")
    editor.type(":lua vim.api.nvim_win_set_cursor(0, {2, 40})<CR>")
    if how == "action":
        editor.type(":lua vim.lsp.buf.code_action({ apply = true, "
                    "filter = function(action) return action.title:find('dictionary') ~= nil end })<CR>")
    else:
        editor.type(":Inkling dictionary<CR>")
    editor.wait(lambda: not editor.marks(), "the mark to go")
    assert (editor.folder / ".inkling/dictionary.txt").read_text().split() == ["stoarge"]
    assert "“stoarge” is in " in editor.messages()
    editor.quit()


COUNT_REQUESTS = """
requests, cancelled = 0, 0
vim.api.nvim_create_autocmd('LspAttach', { callback = function(event)
  local client = vim.lsp.get_client_by_id(event.data.client_id)
  local request, cancel = client.rpc.request, client.cancel_request
  client.rpc.request = function(method, ...)
    if method == 'inkling/inlineCompletion' then requests = requests + 1 end
    return request(method, ...)
  end
  client.cancel_request = function(...) cancelled = cancelled + 1; return cancel(...) end
end })
"""
GHOST = "require('inkling').ghost_text()"
SHOWN = "require('inkling').shown() or ''"


def test_ghost_text(neovim):
    """One request a key; what is shown stays while one types along, and is accepted by words or whole."""
    editor = neovim("require('inkling').autotrigger = false\n" + COUNT_REQUESTS + GHOST)
    editor.edit("note.txt", "".join(SENTENCES))
    editor.type_slowly("Go", "T", "h", "e", " ", "r")
    # Two events tell of each key.
    assert 0 < editor.lua("requests") <= 6
    editor.type("ope of the island is kept in the s")
    text = editor.wait(lambda: editor.lua(SHOWN), "ghost text")
    assert text.startswith("torage of the")
    before = editor.lua("requests")
    editor.type_slowly("t", "o")
    assert editor.lua(SHOWN) == text[2:]
    assert editor.lua("requests") == before
    line = "The rope of the island is kept in the sto"
    editor.type("<M-Right>")
    editor.wait(lambda: editor.lines()[-1] == line + "rage", "the word")
    assert editor.lua(SHOWN) == text[len("torage"):]
    editor.type("<M-Right>")
    editor.wait(lambda: editor.lines()[-1] == line + "rage of", "the second word")
    editor.type("<Tab>")
    editor.wait(lambda: editor.lines()[-1] == line[:-2] + text, "all of it")
    # Where nothing is shown a key is what it was, and a key that goes elsewhere takes ghost text away.
    editor.type("<C-]>")
    editor.type("<Tab>x<Esc>")
    editor.wait(lambda: editor.lines()[-1] == line[:-2] + text + "\tx", "a tab")
    editor.quit()


def test_ghost_text_is_dismissed_beside_the_menu(neovim):
    editor = neovim(GHOST)
    editor.edit("note.txt", "".join(SENTENCES))
    editor.type("GoThe rope of the island is kept in the s")
    text = editor.wait(lambda: editor.lua(SHOWN), "ghost text")
    editor.wait(lambda: editor.menu(), "the menu")
    editor.type("<C-]>")
    editor.wait(lambda: not editor.lua(SHOWN), "the ghost text to go")
    editor.type_slowly("<BS>", "s")
    editor.wait(lambda: editor.lua(SHOWN) == text, "the ghost text again")
    editor.type("<Tab><Esc>")
    editor.wait(lambda: editor.lines()[-1] == "The rope of the island is kept in the s" + text, "all of it")
    assert not editor.lua(SHOWN)
    editor.quit()


def test_selections_widen_and_narrow(neovim):
    keys = "vim.keymap.set({ 'n', 'x' }, '<M-o>', function() require('inkling').widen() end)\n" \
        "vim.keymap.set('x', '<M-i>', function() require('inkling').narrow() end)"
    session = neovim(keys)
    session.edit("sum.py", "def f(a):\n    if a:\n        return ['é😀👨‍👩‍👧‍👦', total + 1]\n    return None\n")

    def press(keys, text):
        session.type(keys)
        session.wait(lambda: selected() == [text], text)

    def selected():
        return session.lua("vim.fn.mode() == 'v' and vim.fn.getregion(vim.fn.getpos('v'), vim.fn.getpos('.')) or {}")

    session.type("3G^fl")
    wanted = ["total", "total + 1", "'é😀👨‍👩‍👧‍👦', total + 1", "['é😀👨‍👩‍👧‍👦', total + 1]", "return ['é😀👨‍👩‍👧‍👦', total + 1]"]
    for text in wanted:
        press("<M-o>", text)
    for text in reversed(wanted[:-1]):
        press("<M-i>", text)
    # What somebody selected by hand is what is widened.
    session.type("<Esc>3G^vee")
    press("<M-o>", wanted[-1])
    session.quit()


def test_commands(neovim):
    editor = neovim()
    editor.edit("note.txt", "".join(SENTENCES))
    window = "vim.api.nvim_buf_get_lines(0, 0, -1, false)"

    def shows(command, words):
        editor.type(f":{command}<CR>")
        editor.wait(lambda: words in "\n".join(editor.lua(window)), f"{command} to show {words}")
        editor.type("q")

    shows("Inkling status", "tokens counted")
    shows("Inkling explain harbour", "In the vocabulary of a model in use.")
    heat = ("#vim.tbl_filter(function(mark) return (mark[4].hl_group or ''):find('inklingHeat') ~= nil end, "
            "vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true }))")
    editor.type("Gozebra quantum zither<Esc>:Inkling heat<CR>")
    editor.wait(lambda: editor.lua(heat) > 0, "the heat map")
    editor.type(":Inkling heat<CR>")
    editor.wait(lambda: editor.lua(heat) == 0, "the heat map to go")
    server = "vim.lsp.get_clients({ name = 'inkling' })[1].id"
    old = editor.lua(server)
    editor.type(":Inkling restart<CR>")
    editor.wait(lambda: editor.lua(f"pcall(function() return {server} end) and {server} or {old}") != old, "a new server")
    editor.type(":Inkling nonsense<CR>")
    editor.wait(lambda: "nonsense: is no command" in editor.messages(), "the message")
    editor.type(":Inkling log<CR>")
    editor.wait(lambda: editor.lua("vim.api.nvim_buf_get_name(0)").endswith("lsp.log"), "the log")
    editor.quit()


def test_health_and_help(neovim, tmp_path):
    editor = neovim()
    editor.edit("note.txt", SENTENCES[0])
    editor.type(":checkhealth inkling<CR>")
    text = "table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n')"
    report = editor.wait(lambda: "menu comes as you type" in editor.lua(text) and editor.lua(text), "the report")
    assert "inkling, version" in report and "answers, root: " in report and "ERROR" not in report
    editor.type(":help inkling<CR>")
    editor.wait(lambda: editor.lua("vim.api.nvim_buf_get_name(0)").endswith("inkling.txt"), "the help")
    shutil.copytree(HERE / "doc", tmp_path / "doc")
    editor.type(f":helptags {tmp_path}/doc<CR>")
    editor.wait(lambda: (tmp_path / "doc/tags").read_bytes(), "the tags")
    editor.quit()
    assert (tmp_path / "doc/tags").read_bytes() == (HERE / "doc/tags").read_bytes()


def test_says_that_the_program_is_missing(neovim):
    editor = neovim(path="/usr/bin:/bin")
    (editor.folder / "a.txt").write_text("a text\n")
    editor.type(":edit a.txt<CR>")
    editor.wait(lambda: "inkling: is no program on the PATH" in editor.messages(), "the message")
    editor.type("Goword<Esc>")
    editor.wait(lambda: editor.lines() == ["a text", "word"], "the typed line")
    editor.process.kill()


def test_server_ends_with_neovim(neovim):
    editor = neovim()
    editor.edit("a.txt", "some words\n")
    server = editor.lua(
        "vim.lsp.get_clients({ name = 'inkling' })[1]:request_sync('inkling/status', vim.empty_dict(), 5000, 0).result.processId")
    editor.process.kill()
    editor.process.wait()

    def is_gone():
        try:
            return open(f"/proc/{server}/stat").read().split(") ")[1][0] == "Z"
        except FileNotFoundError:
            return True
    if os.path.exists("/proc"):
        support.wait(is_gone, "the server to end")
