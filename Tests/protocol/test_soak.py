"""A few minutes of the typing that soak.py does for a day: every request is answered, and the server ends as it should.
Memory is measured by longer runs."""
import json
import os
import pathlib
import subprocess
import sys


def test_every_request_of_a_session_is_answered():
    here = pathlib.Path(__file__).parent
    inkling = pathlib.Path(os.environ["INKLING_BIN"]).resolve() / "inkling"
    run = subprocess.run([sys.executable, here / "soak.py", inkling, "--keystrokes", "4000", "--growth", "1000"],
                         capture_output=True, text=True, timeout=300)
    result = json.loads(run.stdout)
    assert run.returncode == 0 and result["unanswered"] == 0 and result["keystrokes"] >= 4000, run.stderr
    assert result["answered"]["textDocument/completion"] > 2000
