"""Standard streams and files that cannot be written: the run is reported all the same, what was lost is said."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from scripted_server import ScriptedServer

PROGRAMS = Path(sys.executable).parent
LOAD = "rush-hour load $URL -R50 -c2 -t1 -d300ms"
NO_SPACE = "No space left on device."

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(serve: Callable[..., ScriptedServer], tmp_path: Path) -> Shell:
    """Run a shell command with $URL, in a directory of its own; its code is that of the first command of a pipe."""
    url = serve().url

    def run(command: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
            cwd=tmp_path,
            env=os.environ | {"URL": url, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", **(variables or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def complaints(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line not in {"connecting", "measuring"}]


def test_files_without_room_are_told_after_the_report_and_the_others_written(shell: Shell, tmp_path: Path) -> None:
    done = shell(f"{LOAD} --json /dev/full --csv /dev/full --hlog r.hlog")

    assert done.returncode == 1
    assert "100.00% of the 15 requests due" in done.stdout
    assert complaints(done) == 2 * [f"rush-hour: /dev/full: the result cannot be written: {NO_SPACE}"]
    assert (tmp_path / "r.hlog").read_text().startswith("#[Histogram log format version")


def test_a_report_without_room_is_told_and_the_files_written(shell: Shell, tmp_path: Path) -> None:
    done = shell(f"{LOAD} --json r.json > /dev/full")

    assert done.returncode == 1
    assert complaints(done) == [f"rush-hour: standard output: what was printed is lost: {NO_SPACE}"]
    assert (tmp_path / "r.json").exists()


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_stream_that_is_closed_keeps_nothing_from_the_others(shell: Shell, tmp_path: Path, stream: str) -> None:
    done = shell(f"{LOAD} --json r.json {stream}>&-")

    assert done.returncode == (1 if stream == "1" else done.returncode)
    assert complaints(done) == (
        ["rush-hour: standard output: what was printed is lost: Bad file descriptor."] if stream == "1" else []
    )
    assert ("goodput" in done.stdout) == (stream == "2")
    assert (tmp_path / "r.json").read_text().startswith("{")


@pytest.mark.parametrize("command", [LOAD, f"{LOAD} --wrk2 -L", "rush-hour load --help"])
@pytest.mark.parametrize("reader", ["head -n1", "true"])
def test_a_reader_who_wants_no_more_is_left_in_peace(shell: Shell, tmp_path: Path, command: str, reader: str) -> None:
    extra = "" if "--help" in command else " --json r.json"

    done = shell(f"{command}{extra} | {reader}")

    assert not [word for word in ("rush-hour:", "Traceback", "Exception", "Broken") if word in done.stderr]
    assert (tmp_path / "r.json").exists() == bool(extra)


def test_a_reader_of_both_streams_who_has_gone_does_not_end_the_run(shell: Shell, tmp_path: Path) -> None:
    done = shell(f"{LOAD} --json r.json 2>&1 | true")

    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "r.json").exists()


@pytest.mark.parametrize("more", ["", "--wrk2 -L", "--help"])
def test_a_terminal_that_knows_only_ascii_gets_the_report(shell: Shell, tmp_path: Path, more: str) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}

    done = shell(f"{LOAD} --json r.json {more}", ascii_only)

    assert done.returncode in {0, 4}
    assert done.stdout.isascii()
    assert ("latency (from due)" in done.stdout) == (more == "")
    assert " us" in done.stdout or more != ""
    assert (tmp_path / "r.json").exists() == (more != "--help")
    assert "Traceback" not in done.stderr


def test_a_bench_goes_on_when_its_results_cannot_be_written(shell: Shell, tmp_path: Path, free_port: int) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "suite.toml").write_text(SUITE.format(port=free_port))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "small.hlog").symlink_to("/dev/full")

    done = shell("rush-hour bench suite.toml --output full -d 300ms --warmup 0")

    assert done.returncode == 1
    assert "\nsmall " in done.stdout
    assert done.stderr.splitlines()[-1] == f"rush-hour: full/small.hlog: the result cannot be written: {NO_SPACE}"


SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
SUITE = """
name = "small"
title = "Small"
[[requests]]
path = "/"
[load]
rate = 20
connections = 2
processes = 1
[[systems]]
name = "small"
title = "Small"
command = "python server.py {{port}}"
port = {port}
"""
