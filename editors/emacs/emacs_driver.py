"""Emacs in a terminal, driven by keys and looked at by emacsclient."""
import json
import pathlib
import subprocess

import editor_support as support

HERE = pathlib.Path(__file__).resolve().parent
LOAD = f"(add-to-list 'load-path {json.dumps(str(HERE))})\n(require 'inkling)\n"
# What the README says, by Eglot and by lsp-mode.
EGLOT = LOAD + "(inkling-global-mode)\n(add-hook 'after-init-hook #'global-company-mode)\n"
LSP_MODE = LOAD + "(add-hook 'text-mode-hook #'lsp-deferred)\n(add-hook 'after-init-hook #'global-company-mode)\n"


class Emacs:
    def __init__(self, folder, variables, setup="", readme=EGLOT):
        self.folder, self.variables = folder, variables
        home = pathlib.Path(variables["HOME"])
        (home / ".emacs.d").mkdir()
        # Debian's Emacs would compile its libraries in every new home.
        (home / ".emacs.d/early-init.el").write_text("(setq native-comp-deferred-compilation nil)")
        # The server is how the test asks Emacs.
        (home / ".emacs.d/init.el").write_text(readme + setup + """
            (require 'server)
            (setq server-socket-dir (concat (getenv "XDG_RUNTIME_DIR") "/emacs") inhibit-startup-screen t
                  create-lockfiles nil make-backup-files nil auto-save-default nil)
            (server-start)
        """)
        self.socket = pathlib.Path(variables["XDG_RUNTIME_DIR"]) / "emacs/server"
        self.terminal = support.Terminal(["emacs", "-nw"], folder, variables)
        support.wait(self.socket.exists, "Emacs to listen", 30)

    def eval(self, expression):
        done = subprocess.run(
            ["emacsclient", "-s", self.socket, "--eval",
             f"(with-current-buffer (window-buffer (selected-window)) (json-encode (vector {expression})))"],
            env=self.variables, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (expression, done.stdout, done.stderr)
        # Emacs prints the string, which holds JSON.
        return json.loads(json.loads(done.stdout))[0]

    def edit(self, name, text, newline="\n"):
        (self.folder / name).write_bytes(text.replace("\n", newline).encode())
        self.eval(f"(progn (find-file {json.dumps(str(self.folder / name))}) (goto-char (point-max)) t)")
        self.wait(lambda: self.eval("(and (inkling-active-p) t)"), "the server")

    def wait(self, condition, what, seconds=40):
        return support.wait(condition, what, seconds, 0.1)

    def lines(self):
        return self.eval("(buffer-substring-no-properties (point-min) (point-max))").split("\n")

    def menu(self):
        return self.eval("(vconcat (mapcar (lambda (c) (substring-no-properties c)) company-candidates))")

    def marks(self):
        return self.eval("(vconcat (mapcar (lambda (d) (vector (flymake-diagnostic-text d) (flymake-diagnostic-beg d))) "
                         "(flymake-diagnostics)))")

    def ghost(self):
        return self.eval("inkling-ghost--text") or ""

    def quit(self):
        messages = self.eval("(with-current-buffer \"*Messages*\" (buffer-string))")
        warnings = self.eval("(if (get-buffer \"*Warnings*\") (with-current-buffer \"*Warnings*\" (buffer-string)) \"\")")
        self.eval("(progn (dolist (b (buffer-list)) (with-current-buffer b (set-buffer-modified-p nil))) t)")
        self.terminal.press("Escape", "Escape", "Escape")
        self.terminal.press("C-x", "C-c")
        if "Active processes" in self.terminal.screen():
            self.terminal.type("y")
        assert self.terminal.wait_end() == 0
        wrong = [line for line in messages.split("\n") if "rror" in line and "flymake" not in line.lower()]
        assert wrong == [] and warnings == ""
        support.assert_nothing_left(self.variables)
