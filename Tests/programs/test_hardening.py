"""The programs as scripts/build-release makes them: what the linker and the compiler were asked for is in them."""

import re
import shutil
import subprocess
import sys

import pytest

from program_support import BIN


def readelf(option, program):
    return subprocess.run(["readelf", option, str(BIN / program)], capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("readelf"), reason="needs ELF and readelf")
@pytest.mark.skipif("debug" in str(BIN), reason="a build for debugging")
@pytest.mark.parametrize("program", ["inkling", "inkling-train"])
def test_programs_are_hardened(program):
    assert "DYN (" in readelf("-hW", program), "not position-independent"
    segments = readelf("-lW", program)
    assert "GNU_RELRO" in segments
    assert re.search(r"GNU_STACK\s.*\sRW\s", segments), "the stack is executable"
    assert re.search(r"\(FLAGS(_1)?\).*\bNOW\b|\(BIND_NOW\)", readelf("-dW", program)), "not bound at once"
    symbols = readelf("-sW", program)
    assert "__stack_chk_fail" in symbols
