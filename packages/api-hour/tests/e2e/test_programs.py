"""Daemons that programs start, and what the documentation shows of programs, taken from there."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from daemon_process import Daemon, body_of, exchange, get
from started_process import started

PAGE = Path(__file__).parents[4] / "docs" / "api-hour" / "programs.md"
PROGRAM = """
import signal
import sys

import api_hour

sys.argv = []
NUMBERS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2, signal.SIGTTIN)

if __name__ == "__main__":
    before = [signal.getsignal(number) for number in NUMBERS]
    for target in ("hello:app", "hello:app", "hello:nothing"):
        print("ended with", api_hour.run(target, bind="127.0.0.1:0", workers=1), flush=True)
        print("restored", [signal.getsignal(number) for number in NUMBERS] == before, flush=True)
"""


def example(name: str) -> str:
    """Return the example whose docstring or comment names its file."""
    [code] = [code for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if f"`{name}`" in code]
    return str(code)


def write_examples(directory: Path, *names: str) -> None:
    for name in names:
        (directory / name).write_text(example(name))


def ended(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=directory, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_program_runs_daemons_one_after_the_other_and_has_its_signals_back(tmp_path: Path) -> None:
    write_examples(tmp_path, "hello.py")
    (tmp_path / "program.py").write_text(PROGRAM)
    with started(["python", "program.py"], directory=tmp_path) as process:
        for number in range(2):
            process.wait_for(r"worker 1 serves", count=number + 1)
            assert body_of(exchange(Daemon(process).tcp_address(number), get("/"))) == "hello"
            process.process.send_signal(signal.SIGTERM)
            process.wait_for("restored True", count=number + 1)

        assert process.wait() == 0
    assert re.findall(r"ended with (\d)", process.log) == ["0", "0", "3"]
    assert process.log.count("restored True") == 3
    assert "no worker came up" in process.log
    assert process.log.count("worker 1 started") == 3, process.log  # each line once


def test_a_daemon_of_a_program_reads_its_file_again_and_what_the_program_says_wins(tmp_path: Path) -> None:
    write_examples(tmp_path, "hello.py")
    call = 'api_hour.run("hello:app", bind="127.0.0.1:0", workers=1, config="daemon.py")'
    (tmp_path / "program.py").write_text(f"import api_hour\n\n{call}\n")
    (tmp_path / "daemon.py").write_text("keepalive = 9\n")
    with started(["python", "program.py"], directory=tmp_path) as process:
        process.wait_for(r"worker 1 serves")
        (tmp_path / "daemon.py").write_text("keepalive = 2 + 3\nworkers = 4\nthe_file_s_own = object()\n")
        process.process.send_signal(signal.SIGHUP)
        process.wait_for("reload done")
        (tmp_path / "daemon.py").write_text("keepalive = 1 / 0\n")
        process.process.send_signal(signal.SIGHUP)
        process.wait_for("reload refused")

        assert process.stop() == 0
    assert "reload: changed options: --keep-alive 5\n" in process.log
    assert "everything stays as it is: --config: daemon.py raised ZeroDivisionError: division by zero\n" in process.log


def test_a_program_that_its_workers_import_starts_no_daemon_in_them(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text('import api_hour\n\napi_hour.run("hello:app", bind="127.0.0.1:0", workers=1)\n')
    output = ended(tmp_path, "hello.py")

    assert output.returncode == 0
    assert "RuntimeError: api_hour.run() was called while a worker imported its TARGET" in output.stderr


@pytest.mark.parametrize(
    ("program", "says"), [("main.py", r"worker 2 serves"), ("serving.py", r"hello\nserves at http")]
)
def test_the_documented_programs_serve_until_they_are_interrupted(program: str, says: str, tmp_path: Path) -> None:
    write_examples(tmp_path, "hello.py", program)
    with started(["python", program], directory=tmp_path) as process:
        process.wait_for(says)
        code = process.stop(signal.SIGINT)

    assert (program, code) in {("main.py", 0), ("serving.py", -signal.SIGINT)}


def test_the_documented_tests_pass(tmp_path: Path) -> None:
    write_examples(tmp_path, "hello.py", "conftest.py", "test_hello.py")
    output = ended(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", ".")

    assert output.returncode == 0, output.stdout
    assert "3 passed" in output.stdout
