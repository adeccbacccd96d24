"""The supervisor as the process that gets orphans: process 1 of a container, or a child subreaper (prctl(2))."""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from daemon_process import body_of, exchange, get, kill_left
from event_loops import TIMEOUT_S
from started_process import POLL_S, PROGRAMS, started

APP = """
import asyncio
import json

async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError
    pids = []
    for _ in range(10):
        shell = await asyncio.create_subprocess_exec("sh", "-c", "sleep 0.01 >/dev/null & echo $!", stdout=-1)
        said, _ = await shell.communicate()
        pids.append(int(said))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(pids).encode()})
"""

AS_SUBREAPER = """
import ctypes, os, sys
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""

SERVE = (str(PROGRAMS / "api_hour"), "-w1", "-b", "unix:a.sock", "app:app")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("app.py").write_text(APP)


def test_orphans_are_waited_for_and_workers_are_not_missed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AS_SUBREAPER, *SERVE]
    with started(command, directory=tmp_path) as supervisor:
        try:
            [served] = supervisor.wait_for(r"worker \d+ serves, pid (\d+)")
            pids = json.loads(body_of(exchange("a.sock", get("/"))))
            end_at_s = time.monotonic() + TIMEOUT_S
            while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
                assert time.monotonic() < end_at_s, f"{left} are zombies"
                time.sleep(POLL_S)
            os.kill(int(served[1]), signal.SIGKILL)
            supervisor.wait_for(rf"worker 1, pid {served[1]}, ended by signal 9\n")
            supervisor.wait_for(r"worker \d+ serves, pid (\d+)", count=2)
            assert supervisor.stop() == 0
        finally:
            kill_left(tmp_path / "output.log")


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="only root may make a namespace of processes"
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_one_ends_when_it_is_told(number: signal.Signals, tmp_path: Path) -> None:
    unshare = shutil.which("unshare") or ""
    command = [unshare, "--pid", "--fork", "--kill-child=KILL", "--mount-proc", *SERVE]
    with started(command, directory=tmp_path) as container:
        assert container.wait_for(r"worker 1 serves, pid (\d+)")
        pid = container.process.pid
        [supervisor] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(supervisor), number)
        assert container.wait() == 0
    assert "worker 1, pid 2, ended with exit code 0" in container.log
