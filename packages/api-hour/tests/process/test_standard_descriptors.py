"""Descriptors 0, 1 and 2 of a process, whoever started it."""

import subprocess
import sys
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S

BEGINNING = """
import os, sys
from pathlib import Path
from api_hour.process.standard_descriptors import follow_log, hold_standard_descriptors, lead_to_log

def links():
    return [os.readlink(f"/proc/self/fd/{fd}") for fd in range(3)]
"""


def run(body: str, *, closed: str = "") -> str:
    """Run a program, and return what it has written into the file `said`."""
    command = ["bash", "-c", f'exec "$0" "$@" {closed}', sys.executable, "-c", BEGINNING + body]
    ended = subprocess.run(command, check=False, capture_output=True, input="", text=True, timeout=TIMEOUT_S)
    assert ended.returncode == 0, ended.stderr
    return Path("said").read_text()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_what_is_closed_is_opened_on_nothing_and_inherited(closed: str) -> None:
    body = """
before = [stream is None for stream in (sys.stdin, sys.stdout, sys.stderr)]
hold_standard_descriptors()
opened = [link == os.devnull for link in links()]
for stream in (sys.stdout, sys.stderr):
    stream.write("\\N{SNOWMAN}\\n")
    stream.flush()
ok = before == opened and all(map(os.get_inheritable, range(3))) and sys.stdin is not None
Path("said").write_text(str(ok))
"""
    assert run(body, closed=closed) == "True"


def test_what_is_open_stays_as_it_is() -> None:
    body = """
before = links(), len(os.listdir("/proc/self/fd"))
hold_standard_descriptors()
Path("said").write_text(str(before == (links(), len(os.listdir("/proc/self/fd")))))
"""
    assert run(body) == "True"


def test_a_log_that_is_moved_away_is_followed() -> None:
    body = """
log = Path("a.log").absolute()
lead_to_log(log)
print("first")
descriptors = len(os.listdir("/proc/self/fd"))
followed = [follow_log(log)]
log.rename("a.log.1")
followed.append(follow_log(log))
print("second", flush=True)
followed.append(follow_log(log))
assert len(os.listdir("/proc/self/fd")) == descriptors
Path("said").write_text(str(followed))
"""
    assert run(body) == "[False, True, False]"
    assert Path("a.log.1").read_text() == "first\n"
    assert Path("a.log").read_text() == "second\n"
