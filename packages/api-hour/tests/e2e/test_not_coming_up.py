"""A daemon that cannot come up says why, and leaves nothing behind."""

import json
from pathlib import Path

import pytest
from daemon_process import (
    Daemon,
    body_of,
    daemon,
    exchange,
    get,
)
from served import ANY_PORT, APP

from api_hour.worker.targets.forms import FORMS


@pytest.fixture(autouse=True)
def short_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unix socket's path has a limit that `tmp_path` may reach: sockets are named from here."""
    monkeypatch.chdir(tmp_path)


def last_line(running: Daemon) -> str:
    return running.supervisor.log.splitlines()[-1]


ALL_FORMS = "; ".join(form.what for form in FORMS)
BROKEN = {
    "the module raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "no container": ("Container = 7", f"ConfigError: TARGET 'app:Container': expected one of: {ALL_FORMS}. Got 7."),
    "a hook raises": (
        "import api_hour\nclass Container(api_hour.Container):\n    async def start(self): raise OSError('no db')",
        "OSError: no db",
    ),
    "it ends itself": ("import os\nos._exit(7)", "ended with exit code 7"),
}
EXPECTED_WITHOUT_TRACEBACK = {"no container", "it ends itself"}


@pytest.mark.parametrize("name", BROKEN)
def test_a_target_that_does_not_come_up_is_exit_code_3_with_the_reason(name: str, tmp_path: Path) -> None:
    code, reason = BROKEN[name]
    with daemon(tmp_path, "-b", "unix:a.sock", "-w1", app=code) as running:
        assert running.supervisor.wait() == 3

    assert last_line(running) == f"api_hour: no worker came up; the last said: {reason}"
    assert ("Traceback" in running.supervisor.log) is (name not in EXPECTED_WITHOUT_TRACEBACK)
    assert not Path("a.sock").exists()


def test_a_worker_that_takes_too_long_to_come_up_is_killed(tmp_path: Path) -> None:
    app = "import time\ntime.sleep(1000)"
    with daemon(tmp_path, *ANY_PORT, "-w1", "--boot-timeout", "0.1", app=app) as running:
        assert running.supervisor.wait() == 3

    assert "ERROR api_hour.supervisor: worker 1 did not come up in time: killed\n" in running.supervisor.log
    assert last_line(running) == "api_hour: no worker came up; the last said: ended by signal 9"


def test_a_second_daemon_on_the_same_socket_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    second_directory = tmp_path / "second"
    second_directory.mkdir()
    with daemon(tmp_path, "-b", "unix:a.sock", "-w1", app=APP) as first:
        first.wait_ready(1)
        with daemon(second_directory, "-b", f"unix:{tmp_path}/a.sock", "-w1", app=APP) as second:
            assert second.supervisor.wait() == 3

        assert second.supervisor.log == (
            f"api_hour: --bind unix:{tmp_path}/a.sock: another process listens there already; "
            "stop it or choose another address.\n"
        )
        assert json.loads(body_of(exchange("a.sock", get("/"))))["worker_id"] == 1
