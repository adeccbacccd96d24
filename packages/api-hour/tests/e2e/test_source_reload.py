"""The reload for development: an edit is served, and a broken one is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daemon_process import (
    Daemon,
    body_of,
    daemon,
    exchange,
    get,
)
from monitored import APP, wait_for


@contextmanager
def watching(directory: Path) -> Iterator[Daemon]:
    """Run a daemon that watches its directory, and wait until it does."""
    with daemon(directory, "-b", "127.0.0.1:0", "--reload", app=APP) as running:
        running.wait_ready(1)
        fdinfo = Path(f"/proc/{running.supervisor.process.pid}/fdinfo")
        wait_for(
            lambda: [info.read_text() for info in fdinfo.iterdir()],
            is_so=lambda infos: any("inotify wd:" in info for info in infos),
        )
        yield running


def test_an_edit_is_served_and_a_broken_one_keeps_the_old_worker(tmp_path: Path) -> None:
    with watching(tmp_path) as running:
        (tmp_path / "app.py").write_text("1 / 0")
        running.supervisor.wait_for("reload failed, 1 workers stay as they are: ZeroDivisionError: division by zero")
        assert body_of(exchange(running.tcp_address(), get("/"))) == "version 1"

        (tmp_path / "app.py").write_text(APP.replace("version 1", "version two"))
        running.supervisor.wait_for("reload done")
        running.supervisor.wait_for(r"worker 1, pid \d+, ended with exit code 0")  # until then it may have one more
        assert body_of(exchange(running.tcp_address(), get("/"))) == "version two"
        assert f"{tmp_path}/app.py has changed\n" in running.supervisor.log
        assert running.supervisor.stop() == 0
