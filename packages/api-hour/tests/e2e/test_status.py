"""The status command beside a real daemon."""

import json
import os
import subprocess
from pathlib import Path

from daemon_process import (
    daemon,
)
from event_loops import TIMEOUT_S
from monitored import APP
from started_process import PROGRAMS


def run_status(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAMS / "api_hour", "status", *arguments],
        cwd=directory,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def test_the_status_command_shows_the_daemon_with_this_configuration(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text("bind = ['127.0.0.1:0']\nmonitor = 'unix:m.sock'\nworkers = 2\n")
    with daemon(tmp_path, "-c", "conf.py", app=APP) as running:
        pids = running.wait_ready(2)
        shown = run_status(tmp_path, "-c", "conf.py")
        as_json = run_status(tmp_path, "-c", "conf.py", "--json")
        assert running.supervisor.stop() == 0
    gone = run_status(tmp_path, "-c", "conf.py")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("app:Container  serving, up ")
    assert "  2 of 2 workers serve  " in shown.stdout
    rows = [line.split() for line in shown.stdout.splitlines() if "  serving  " in line]
    assert {(row[1], row[2]) for row in rows} == {(str(pid), "serving") for pid in pids}
    assert {worker["pid"] for worker in json.loads(as_json.stdout)["workers"]} == set(pids)
    assert (gone.returncode, gone.stdout, gone.stderr) == (
        3,
        "",
        "api_hour: no daemon answers at --monitor unix:m.sock: No such file or directory.\n",
    )
