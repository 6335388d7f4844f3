"""Another package builds upon this one's libraries."""

import subprocess

import pytest

from program_support import ROOT

MANIFEST = """\
// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "survey",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "inkling", path: "{root}")],
  targets: [
    .executableTarget(
      name: "survey",
      dependencies: [
        .product(name: "Corpora", package: "inkling"),
        .product(name: "Lexing", package: "inkling"),
        .product(name: "NGrams", package: "inkling"),
      ],
      path: ".")
  ]
)
"""

# Kept from run to run: whatever did not change is not compiled again.
SCRATCH = ROOT / ".build-products"


@pytest.fixture(scope="session")
def survey(tmp_path_factory):
    """The program of a package that depends upon `Corpora`, `Lexing` and `NGrams`."""
    # One place for all runs, so that the program itself is the same too.
    package = SCRATCH / "package"
    package.mkdir(parents=True, exist_ok=True)
    for path, text in [
        (package / "Package.swift", MANIFEST.format(root=ROOT)),
        (package / "Survey.swift", (ROOT / "Tests/programs/dependent/Survey.swift").read_text()),
    ]:
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    command = ["swift", "build", "--package-path", str(package), "--scratch-path", str(SCRATCH / "build")]
    # No debugging information and no index: nobody reads them, and they cost a third of the time.
    command += ["-Xswiftc", "-gnone", "--disable-index-store"]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "Survey.swift:" not in built.stdout, "warnings of the program: " + built.stdout
    return SCRATCH / "build" / "debug" / "survey"


def test_a_dependent_package_walks_lexes_and_estimates(survey, tmp_path):
    folder = tmp_path / "project"
    (folder / "generated").mkdir(parents=True)
    (folder / ".gitignore").write_text("generated/\n")
    (folder / "generated" / "all.py").write_text("return nothing\n")
    (folder / "add.py").write_text("def add(total, more):\n    return total + more\n")
    (folder / "twice.c").write_text("int twice(int total) { return total * 2; } // return\n")
    run = subprocess.run(
        [survey, folder, ROOT / "grammars", tmp_path / "ngrams.bin"], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == [
        "file add.py python 15",
        "file twice.c c 16",
        "left out ignored by .gitignore 1",
        "left out no known language 1",
        "after return: total",
        "sum 1.0",
        "failure: no such file or directory",
    ]
