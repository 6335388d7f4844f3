"""Drives a real headless Neovim, as a person types, with the built server."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).parent
INKLING = pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling"
NVIM = shutil.which("nvim", path=str(pathlib.Path(sys.executable).parent)) or shutil.which("nvim")


class Neovim:
    def __init__(self, folder, setup=""):
        self.folder = folder
        self.socket = str(folder / "nvim.sock")
        init = folder / "init.lua"
        init.write_text(f"""
            vim.opt.runtimepath:append({json.dumps(str(HERE))})
            vim.opt.swapfile = false
            vim.lsp.config('inkling', {{ cmd = {{ {json.dumps(str(INKLING))}, 'serve' }} }})
            {setup}
            vim.lsp.enable('inkling')
        """)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NVIM")}
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            environment[name] = str(folder / "home")
        self.environment = environment
        self.process = subprocess.Popen(
            [NVIM, "--clean", "--headless", "--listen", self.socket, "-u", str(init)],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.wait(lambda: os.path.exists(self.socket), "Neovim to listen")

    def remote(self, *arguments, may_fail=False):
        done = subprocess.run(
            [NVIM, "--clean", "--headless", "--server", self.socket, *arguments], env=self.environment,
            capture_output=True, text=True, timeout=20)
        assert may_fail or done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    def lua(self, expression):
        quoted = f"vim.json.encode({expression})".replace("'", "''")
        return json.loads(self.remote("--remote-expr", f"luaeval('{quoted}')"))

    def type(self, keys):
        self.remote("--remote-send", keys)

    def wait(self, condition, what, seconds=15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if result := condition():
                return result
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds} s for {what}")

    def edit(self, name, text):
        (self.folder / name).write_text(text)
        self.type(f":edit {name}<CR>")
        self.wait(lambda: self.lua("#vim.lsp.get_clients({ name = 'inkling', bufnr = 0 })") == 1, "the server")

    def lines(self):
        return self.lua("vim.api.nvim_buf_get_lines(0, 0, -1, false)")

    def menu(self):
        return self.lua("vim.tbl_map(function(item) return item.word end, vim.fn.complete_info({'items'}).items)")

    def quit(self):
        try:
            # Neovim may be gone before it can say that it has got the keys.
            self.remote("--remote-send", "<C-\\><C-n>:qall!<CR>", may_fail=True)
            return self.process.wait(timeout=10)
        finally:
            self.process.kill()


@pytest.fixture
def neovim(tmp_path):
    started = []

    def start(setup=""):
        started.append(Neovim(tmp_path, setup))
        return started[-1]

    yield start
    for editor in started:
        editor.process.kill()


CODE = "".join(f"let total{index} = counter + amount\nprint(total{index})\n" for index in range(12))


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
    assert editor.quit() == 0


def test_types_what_is_typed(neovim):
    """With the two lines of the documentation alone nothing is put into the text that was not chosen."""
    editor = neovim()
    editor.edit("sum.swift", CODE + "let returned = amount\nlet selfish = amount\n")
    editor.type("Go")
    # One key at a time, the menu coming up in between.
    for keys in ["r", "e", "t", "u", "r", "n", " ", "s", "u", "m"]:
        editor.type(keys)
        time.sleep(0.15)
    editor.type("<CR><CR>")
    time.sleep(0.3)
    editor.type("let<CR>amount<Esc>")
    editor.wait(lambda: editor.lines()[-4:] == ["return sum", "", "let", "amount"], "the typed lines")
    assert editor.quit() == 0


def test_return_leaves_blank_lines(neovim):
    """Where a line begins no menu comes up, nor behind a brace; one that is asked for does."""
    editor = neovim("vim.o.autoindent = true; vim.o.completeopt = 'menu,menuone,noinsert'")
    editor.edit("sum.swift", CODE)
    editor.type("Go")
    for keys in ["f", "o", "r", "<Space>", "x", "<Space>", "{", "<CR>", "<Space>", "<Space>", "<CR>", "<Tab>", "<CR>"]:
        editor.type(keys)
        time.sleep(0.12)
    assert editor.menu() == []
    editor.type("}")
    editor.wait(lambda: editor.lines()[-1].strip() == "}", "the typed lines")
    assert [line.strip() for line in editor.lines()[-4:]] == ["for x {", "", "", "}"]
    editor.type("<CR>")
    time.sleep(0.6)
    editor.type("<C-x><C-o>")
    assert editor.wait(lambda: editor.menu(), "the menu")
    editor.type("<C-e><Esc>")
    assert editor.quit() == 0


def test_words_land_behind_anything(neovim):
    editor = neovim()
    editor.edit("sum.swift", CODE)
    editor.type("Go")
    for before in ["/* 😀 */", "/* 👨‍👩‍👧‍👦 漢字 */", "/* e\u0301 */"]:
        editor.type(before + " let x = coun")
        editor.wait(lambda: "counter" in editor.menu(), "the menu")
        editor.type("<C-n><C-y>")
        editor.wait(lambda: editor.lines()[-1] == before + " let x = counter", "the completed line")
        editor.type("<CR>")
    editor.type("<Esc>")
    assert editor.quit() == 0


def test_omni_completion_without_autotrigger(neovim):
    editor = neovim("require('inkling').autotrigger = false")
    editor.edit("sum.swift", CODE)
    editor.type("Goamo")
    time.sleep(0.5)
    assert editor.menu() == []
    editor.type("<C-x><C-o>")
    assert "amount" in editor.wait(lambda: editor.menu(), "the menu")
    assert editor.quit() == 0


def test_marks_improbable_text(neovim):
    editor = neovim("vim.lsp.config('inkling', { settings = { inkling = { diagnostics = { thresholdBits = 8 } } } })")
    editor.edit("sum.swift", CODE)
    # What the few lines do not foresee may be marked from the start; the planted word is not there yet.
    words = "vim.tbl_map(function(d) return { d.message, d.lnum, d.col } end, vim.diagnostic.get(0))"
    editor.type("Golet sum = zebra + amount<Esc>")
    found = editor.wait(lambda: [mark for mark in editor.lua(words) if "zebra" in mark[0]], "a mark on the odd word")
    assert found[0][1:] == [24, 10]
    editor.type(":%s/zebra/counter/<CR>")
    editor.wait(lambda: not [mark for mark in editor.lua(words) if "zebra" in mark[0]], "the mark to go")
    assert editor.quit() == 0


def test_a_slip_is_marked_and_corrected(neovim):
    editor = neovim()
    (editor.folder / "text").mkdir()
    lines = [f"The {noun} of the {place} is kept in the storage of the harbour.\n"
             for noun in ("captain", "letter", "rope", "lantern", "barrel", "compass")
             for place in ("vessel", "island", "village", "garrison", "factory", "market")]
    for number in range(3):
        (editor.folder / "text" / f"{number}.txt").write_text("".join(lines[number::3] * 4))
    subprocess.run([INKLING.parent / "inkling-train", "text"], cwd=editor.folder, check=True, capture_output=True)
    editor.edit("note.txt", lines[0])
    editor.type("GoThe rope of the island is kept in the stoarge of the harbour.<Esc>")
    marks = "vim.tbl_map(function(d) return { d.message, d.lnum, d.col } end, vim.diagnostic.get(0))"
    found = editor.wait(lambda: editor.lua(marks), "a mark on the slip")
    assert [mark[1:] for mark in found] == [[1, 38]]
    assert found[0][0].startswith('"stoarge" is probably "storage"')
    editor.type(":lua vim.api.nvim_win_set_cursor(0, {2, 40}); vim.lsp.buf.code_action({ apply = true, "
                "filter = function(action) return action.isPreferred end })<CR>")
    editor.wait(lambda: editor.lines()[1] == "The rope of the island is kept in the storage of the harbour.",
                "the correction")
    editor.wait(lambda: not editor.lua(marks), "the mark to go")
    assert editor.quit() == 0


def test_ghost_text(neovim):
    editor = neovim("require('inkling').autotrigger = false; require('inkling').ghost_text()")
    editor.edit("sum.swift", CODE)
    editor.type("Golet total = coun")
    text = editor.wait(lambda: editor.lua("require('inkling').shown() or ''"), "ghost text")
    assert text.startswith("ter")
    editor.lua("require('inkling').accept()")
    assert editor.lines()[-1] == "let total = coun" + text
    editor.type("<Esc>")
    assert editor.quit() == 0


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
        editor.wait(is_gone, "the server to end")
