"""From one supervisor to the next, with small programs in the place of successors."""

import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S

from api_hour.supervisor.handover import Predecessor, Successor
from api_hour.supervisor.policy.events import Event, HandoverDone, HandoverFailed
from api_hour.supervisor.sockets.inherited import inherited_listeners

# Says what it was given, then does what a test wants.
BEGINNING = """
import json, os, sys, time
inherited = json.loads(os.environ["API_HOUR_LISTENERS"])
pipe = int(os.environ["API_HOUR_PREDECESSOR"])
open("seen", "w").write(json.dumps({
    "binds": list(inherited), "inodes": [os.fstat(fd).st_ino for fd in inherited.values()],
    "has_watchdog_pid": "WATCHDOG_PID" in os.environ,
}))
"""


class Watch:
    """A successor, its selector, and the events it has reported."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.selector = selectors.DefaultSelector()
        self.successor = Successor(self.selector, self.events.append)

    def wait(self, count: int) -> None:
        """Wait until so many events have been reported."""
        while len(self.events) < count:
            ready = self.selector.select(TIMEOUT_S)
            assert ready, f"nothing happens any more after {self.events}"
            for key, _ in ready:
                key.data()


@contextmanager
def successor(
    program: str, directory: Path, monkeypatch: pytest.MonkeyPatch, listener: socket.socket | None = None
) -> Iterator[Watch]:
    """Start a successor that runs a program; it is gone at the end."""
    monkeypatch.setattr(sys, "orig_argv", ["python", "-S", "-c", BEGINNING + program])
    watch = Watch()
    try:
        watch.successor.start({} if listener is None else {"127.0.0.1:0": listener}, directory)
        yield watch
    finally:
        if watch.successor.pid is not None:
            os.kill(watch.successor.pid, signal.SIGKILL)
            while watch.successor.pid is not None:
                watch.wait(len(watch.events) + 1)
        watch.selector.close()


def test_a_successor_inherits_the_sockets_in_the_directory_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_PID", "1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        inode = os.fstat(listener.fileno()).st_ino
        with successor("sys.exit(7)", tmp_path, monkeypatch, listener) as watch:
            pid = watch.successor.pid
            watch.wait(1)

            assert watch.events == [HandoverFailed(reason=f"pid {pid}, ended with exit code 7")]
            assert not watch.selector.get_map()
    seen = json.loads((tmp_path / "seen").read_text())
    assert seen == {"binds": ["127.0.0.1:0"], "inodes": [inode], "has_watchdog_pid": False}


def test_a_successor_that_serves_is_reported_and_so_is_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with successor("os.write(pipe, b'serving\\n'); time.sleep(1000)", tmp_path, monkeypatch) as watch:
        watch.wait(1)
        assert watch.events == [HandoverDone()]
        pid = watch.successor.pid
        watch.successor.stop()
        watch.wait(2)

        assert watch.events[1] == HandoverFailed(reason=f"pid {pid}, ended by signal 15")
        watch.successor.stop()  # nothing is left


def test_a_successor_that_closes_its_pipe_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with successor("os.close(pipe); time.sleep(0.01); sys.exit(3)", tmp_path, monkeypatch) as watch:
        pid = watch.successor.pid
        watch.wait(1)

        assert watch.events == [HandoverFailed(reason=f"pid {pid}, ended with exit code 3")]


def test_a_successor_that_cannot_be_started_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    nowhere = tmp_path / "nowhere"
    watch.successor.start({}, nowhere)

    assert watch.events == [HandoverFailed(reason=f"was not started: [Errno 2] No such file or directory: '{nowhere}'")]
    assert watch.successor.pid is None
    watch.selector.close()


def test_process_one_of_a_container_starts_no_successor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 1)
    watch = Watch()

    watch.successor.start({}, tmp_path)

    reason = "was not started: a container ends with its process 1, which this is"
    assert watch.events == [HandoverFailed(reason=reason)]
    watch.selector.close()


def test_sockets_are_inherited_once_by_their_address_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        copy = os.dup(listener.fileno())
        os.set_inheritable(copy, True)
        monkeypatch.setenv("API_HOUR_LISTENERS", json.dumps({"127.0.0.1:0": copy}))

        inherited = inherited_listeners()

        assert {bind: one.getsockname() for bind, one in inherited.items()} == {"127.0.0.1:0": listener.getsockname()}
        assert not os.get_inheritable(copy)
        inherited["127.0.0.1:0"].close()
    assert inherited_listeners() == {}


def test_a_predecessor_is_told_once_and_then_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.pipe()
    monkeypatch.setenv("API_HOUR_PREDECESSOR", str(theirs))
    predecessor = Predecessor()
    assert "API_HOUR_PREDECESSOR" not in os.environ

    predecessor.tell_ready()
    predecessor.tell_ready()

    assert not predecessor.is_waiting
    assert os.read(ours, 100) == b"serving\n"
    assert os.read(ours, 100) == b""
    os.close(ours)


def test_a_predecessor_that_is_gone_need_not_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    monkeypatch.setenv("API_HOUR_PREDECESSOR", str(theirs))
    predecessor = Predecessor()

    predecessor.tell_ready()

    assert not predecessor.is_waiting


def test_a_first_supervisor_has_no_predecessor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("API_HOUR_PREDECESSOR", raising=False)
    predecessor = Predecessor()

    predecessor.tell_ready()

    assert not predecessor.is_waiting
