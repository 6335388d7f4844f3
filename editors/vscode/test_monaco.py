"""The extension's providers in Code's own editing widget (Monaco), in a browser. Takes a minute: INKLING_LONG_TESTS=1."""
import functools
import http.server
import json
import os
import pathlib
import shutil
import sys
import threading

import pytest

import editor_support as support
from editor_support import AWKWARD, CODE, CORRECTED, SENTENCES, SLIP, TRAPS

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "tests"))
from driver_support import Extension  # noqa: E402

pytestmark = pytest.mark.skipif(
    not (os.environ.get("INKLING_LONG_TESTS") and shutil.which("node") and shutil.which("chromium")),
    reason="a long test, and it needs Node and Chromium")


class Files(http.server.SimpleHTTPRequestHandler):
    """Monaco's files, and the page."""

    def translate_path(self, path):
        if path == "/monaco.html":
            return str(HERE / "tests/monaco.html")
        return super().translate_path(path)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    package = pathlib.Path(pytest.importorskip("importlib.util").find_spec("qtmonaco").origin).parent
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=str(package / "js_build")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/monaco.html"
    server.shutdown()


@pytest.fixture
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Widget:
    def __init__(self, browser, address, variables, project, name, text, **options):
        self.extension, self.project, self.variables = Extension(variables), project, variables
        started = self.extension("activate", folder=str(project))
        defaults = json.loads((HERE / "package.json").read_text())["contributes"]["configurationDefaults"]
        options = {
            "acceptSuggestionOnEnter": defaults["editor.acceptSuggestionOnEnter"], "wordBasedSuggestions": "off",
            "quickSuggestions": {"other": "on", "comments": "on", "strings": "on"}, "inlineSuggest": {"enabled": False}, **options}
        self.page = browser.new_page()
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.expose_function("ask", lambda action, values: self.extension(action, **values))
        self.page.goto(address)
        self.page.wait_for_function("typeof window.start === 'function'")
        self.page.evaluate("triggers => { window.triggers = triggers }", started["triggers"])
        self.page.evaluate("values => window.start(values)", {
            "uri": (project / name).as_uri(), "language": "plaintext", "text": text, "options": options})

    def type(self, text, delay=30):
        self.page.keyboard.type(text, delay=delay)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def text(self):
        return self.page.evaluate("widget.getModel().getValue()")

    def wait_list(self, word):
        self.page.wait_for_selector(f".suggest-widget.visible .monaco-list-row.focused:has-text('{word}')", timeout=15000)

    def wait_text(self, expected):
        support.wait(lambda: self.text() == expected, "the text", pause=0.1)

    def ghost(self):
        return support.wait(
            lambda: "".join(self.page.locator(".ghost-text-decoration, .ghost-text").all_text_contents()).replace("\xa0", " "),
            "ghost text", pause=0.1)

    def end(self):
        assert self.errors == []
        self.page.close()
        self.extension.end(self.variables)


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_types_what_is_typed_and_completes(browser, address, variables, project, newline):
    text = (CODE + TRAPS).replace("\n", newline)
    widget = Widget(browser, address, variables, project, "sum.txt", text)
    widget.type("return", 150)
    widget.press("Enter", "Enter")
    expected = text + "return" + newline * 2
    widget.wait_text(expected)
    for before in AWKWARD:
        widget.page.keyboard.insert_text(before)
        widget.type(" let x = coun", 60)
        widget.wait_list("counter")
        widget.press("Tab")
        expected += before + " let x = counter"
        widget.wait_text(expected)
        widget.press("Escape", "Enter")
        expected += newline
        widget.wait_text(expected)
    widget.end()


def test_ghost_text(browser, address, variables, project):
    text = "".join(SENTENCES)
    widget = Widget(
        browser, address, variables, project, "note.txt", text, quickSuggestions=False, suggestOnTriggerCharacters=False,
        inlineSuggest={"enabled": True, "mode": "prefix"})
    line = "The rope of the island is kept in the s"
    widget.type(line)
    shown = widget.ghost()
    assert shown.startswith("torage of the")
    widget.press("Control+ArrowRight")
    widget.wait_text(text + line + "torage")
    widget.ghost()
    widget.press("Tab")
    widget.wait_text(text + line + shown)
    widget.end()


def test_a_slip_is_corrected(browser, address, variables, project):
    widget = Widget(browser, address, variables, project, "note.txt", SENTENCES[0], quickSuggestions=False)
    widget.type(SLIP, 5)
    support.wait(lambda: widget.page.evaluate("showMarks()"), "a mark", pause=0.2)
    widget.page.evaluate("widget.setPosition({ lineNumber: 2, column: 41 })")
    widget.press("Control+.")
    widget.page.wait_for_selector(".action-widget >> text=Correct to “storage”", timeout=15000)
    widget.press("Enter")
    widget.wait_text(SENTENCES[0] + CORRECTED)
    support.wait(lambda: widget.page.evaluate("showMarks()") == 0, "the mark to go", pause=0.2)
    widget.end()
