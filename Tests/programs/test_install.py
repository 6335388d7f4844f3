"""`make install` and `make uninstall`, with the built programs, and what is found below a prefix."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from program_support import BIN, ROOT

PLAIN = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def script(name, *arguments, check=0, **variables):
    environment = {**os.environ, "INKLING_BIN": str(BIN.resolve()), "DESTDIR": "", **variables}
    done = subprocess.run([ROOT / "scripts" / name, *map(str, arguments)], env=environment, capture_output=True, text=True)
    assert done.returncode == check, done.stderr
    return done


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def test_installs_and_takes_all_of_it_away(tmp_path):
    prefix = tmp_path / "prefix"
    (prefix / "share/man/man1").mkdir(parents=True)
    (prefix / "share/man/man1/other.1").write_text("another program's\n")
    script("install", prefix)
    script("install", prefix)
    # The programs find their grammars beside them, and no link leads nowhere.
    text = tmp_path / "text.swift"
    text.write_text("func apple() {}\nfunc banana() { app")
    done = subprocess.run(
        [prefix / "bin/inkling", "complete", text], env={**PLAIN, "HOME": str(tmp_path)}, capture_output=True, text=True)
    assert "apple" in done.stdout and done.stderr == ""
    installed = files(prefix)
    assert all((prefix / name).exists() for name in installed)
    assert {"bin/inkling-train", "share/man/man1/inkling.1", "share/man/man1/inkling-complete.1",
            "share/inkling/editors/inkling.vsix", "share/emacs/site-lisp/inkling.el",
            "share/bash-completion/completions/inkling"} <= set(installed)
    assert not [name for name in installed if "test" in pathlib.PurePath(name).name and name.endswith((".py", ".js"))]
    assert not list(prefix.rglob(".*.new"))
    script("uninstall", prefix)
    assert files(prefix) == ["share/man/man1/other.1"]
    assert [path.name for path in prefix.iterdir()] == ["share"]
    assert "no installation" in script("uninstall", prefix, check=1).stderr


def test_a_newer_version_takes_away_what_it_no_longer_has(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("a person's own\n")
    tmp_path = tmp_path / "prefix"
    script("install", tmp_path)
    listed = tmp_path / "share/inkling/installed"
    (tmp_path / "share/inkling/grammars/old.json").write_text("{}")
    listed.write_text(listed.read_text() + "share/inkling/grammars/old.json\n../outside\n")
    script("install", tmp_path)
    assert not (tmp_path / "share/inkling/grammars/old.json").exists()
    listed.write_text(listed.read_text() + "../outside\n")
    script("uninstall", tmp_path)
    assert not tmp_path.exists() and outside.exists()


def test_a_package_is_built_aside(tmp_path):
    script("install", "/opt/inkling", DESTDIR=str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["opt"]
    assert (tmp_path / "opt/inkling/bin/inkling").exists()
    script("uninstall", "/opt/inkling", DESTDIR=str(tmp_path))
    assert [path.name for path in tmp_path.rglob("*")] == ["opt"]


def test_editors_find_their_plugins(tmp_path):
    nvim = shutil.which("nvim", path=str(pathlib.Path(sys.executable).parent)) or shutil.which("nvim")
    if not nvim:
        pytest.skip("Neovim is not here")
    script("install", tmp_path / "prefix")
    done = subprocess.run(
        [nvim, "--headless", "-c", "lua io.write(vim.fn.exists(':Inkling'), vim.lsp.config.inkling.cmd[1])", "-c", "help inkling", "-c", "qall"],
        env={**PLAIN, "HOME": str(tmp_path), "XDG_DATA_DIRS": str(tmp_path / "prefix/share")}, capture_output=True, text=True)
    assert done.stdout + done.stderr == "2inkling"


@pytest.mark.skipif(not shutil.which("man"), reason="man is not here")
def test_manuals_are_well_formed(tmp_path):
    subprocess.run([ROOT / "scripts/man-pages", BIN.resolve(), tmp_path], check=True)
    pages = sorted(tmp_path.iterdir())
    assert len(pages) > 8
    for page in pages:
        done = subprocess.run(
            ["man", "--warnings=w", "-l", page], env={**PLAIN, "MANWIDTH": "80", "HOME": str(tmp_path)}, capture_output=True, text=True)
        # Long words in narrow columns are the paper's business.
        assert [line for line in done.stderr.splitlines() if "cannot adjust" not in line and "can't break" not in line] == []
        assert "EXIT STATUS" in done.stdout


@pytest.mark.skipif(not (os.environ.get("INKLING_LONG_TESTS") and shutil.which("dpkg-shlibdeps")), reason="a long test, and it needs dpkg-dev")
def test_the_debian_package_unpacks(tmp_path):
    package = script("build-deb", tmp_path / "deb").stdout.strip()
    subprocess.run(["dpkg-deb", "-x", package, tmp_path / "root"], check=True)
    version = subprocess.run([tmp_path / "root/usr/bin/inkling", "--version"], capture_output=True, text=True, check=True).stdout
    control = subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True, check=True).stdout
    assert f"Version: {version}" in control and "libstdc++6" in control
    assert (tmp_path / "root/usr/share/nvim/site/pack/inkling/start/inkling/plugin/inkling.lua").exists()
