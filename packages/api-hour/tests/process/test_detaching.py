"""Going into the background: what the command that waits is told, and what the daemon has left of its terminal."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S
from started_process import POLL_S

BEGINNING = """
import os, sys
from pathlib import Path
from api_hour.process.detaching import detached
from api_hour.errors import ApiHourError, StartError
try:
    with detached(LOG_FILE) as launcher:
        Path("daemon").write_text(f"{os.getpid()} {os.getsid(0)} {os.getppid()}")
"""

ENDING = """
except ApiHourError as error:
    print("told:", error)
    sys.exit(error.exit_code)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(body: str, *, log_file: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program whose body goes into the background; it must end by itself."""
    indented = "".join(f"        {line}\n" for line in body.strip().splitlines())
    program = BEGINNING.replace("LOG_FILE", repr(log_file)) + indented + ENDING
    return subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=TIMEOUT_S
    )


def wait_for(path: Path, content: str) -> None:
    end_at_s = time.monotonic() + TIMEOUT_S
    while not path.exists() or content not in path.read_text():
        assert time.monotonic() < end_at_s, f"no {content!r} in {path} in time"
        time.sleep(POLL_S)


def test_the_command_ends_when_the_daemon_serves_which_goes_on_in_a_session_of_its_own() -> None:
    ended = run(
        """
launcher.serving()
launcher.serving()
for fd in (0, 1, 2):
    assert os.readlink(f"/proc/self/fd/{fd}") == os.devnull
Path("went-on").write_text("yes")
"""
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    wait_for(Path("went-on"), "yes")
    pid, session, _ = map(int, Path("daemon").read_text().split())
    assert session != pid, "only the leader of a session could get a terminal back"


def test_the_command_waits_until_the_daemon_serves() -> None:
    ended = run(
        """
Path("before").write_text("yes")
launcher.serving()
"""
    )

    assert ended.returncode == 0
    assert Path("before").exists()


def test_the_command_ends_with_the_code_and_the_reason_of_a_daemon_that_cannot_serve() -> None:
    ended = run("raise StartError('no worker came up; it is broken.')")

    assert (ended.returncode, ended.stdout) == (3, "told: no worker came up; it is broken.\n")


def test_a_daemon_that_ends_before_it_serves_is_a_failure() -> None:
    ended = run("sys.exit(0)")

    assert (ended.returncode, ended.stdout) == (3, "told: the daemon was stopped before it served.\n")


def test_a_daemon_that_falls_without_a_word_is_a_failure() -> None:
    ended = run("os._exit(0)")

    assert (ended.returncode, ended.stdout) == (3, "told: the daemon ended without a word before it served.\n")


def test_what_is_written_goes_to_the_log_file() -> None:
    Path("a.log").write_text("earlier\n")

    ended = run(
        """
launcher.serving()
print("to the output", flush=True)
print("to the errors", file=sys.stderr, flush=True)
""",
        log_file="a.log",
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    wait_for(Path("a.log"), "to the errors")
    assert Path("a.log").read_text() == "earlier\nto the output\nto the errors\n"
