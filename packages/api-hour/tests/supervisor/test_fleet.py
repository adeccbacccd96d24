"""The worker processes and what they report, with small programs in the place of workers."""

import os
import selectors
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S

from api_hour.supervisor import fleet as fleet_module
from api_hour.supervisor.decisions import Event, WorkerExited, WorkerReady
from api_hour.supervisor.fleet import Fleet
from api_hour.worker.spec import WorkerSpec

SPEC = WorkerSpec(target="app:Container", chdir="/", main_yaml=None, logconfig=None, backlog=7, graceful_timeout_s=1.0)
BEGINNING = """
import os, signal, socket, sys, time
control = socket.socket(fileno=int(sys.argv[1]))
order = control.makefile("rb").readline()
"""


class Watch:
    """A fleet, its selector, and the events it has reported."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.selector = selectors.DefaultSelector()
        self.fleet = Fleet(SPEC, [], self.selector, self.events.append)

    def wait(self, condition: Callable[[], object]) -> None:
        """Let the fleet look at its workers until a condition holds."""
        while not condition():
            ready = self.selector.select(TIMEOUT_S)
            assert ready, f"nothing happens any more after {self.events}"
            for key, _ in ready:
                key.data()

    def is_empty(self) -> bool:
        return not self.selector.get_map()


@contextmanager
def fleet_of(program: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Make a fleet whose workers run a program; none is left at the end."""
    monkeypatch.setattr(fleet_module, "WORKER_COMMAND", (sys.executable, "-S", "-c", BEGINNING + program))
    watch = Watch()
    try:
        yield watch
    finally:
        watch.fleet.kill_all()
        watch.selector.close()


def test_a_worker_is_given_its_order_and_its_end_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "order"
    with fleet_of(f"open({str(path)!r}, 'wb').write(order); sys.exit(7)", monkeypatch) as watch:
        watch.fleet.start(3)
        watch.wait(lambda: watch.events)

        assert watch.events == [WorkerExited(worker_id=3, exit_code=7)]
        assert watch.is_empty()
    assert path.read_bytes() == (
        b'{"spec":{"target":"app:Container","chdir":"/","main_yaml":null,"logconfig":null,"backlog":7,'
        b'"graceful_timeout_s":1.0,"workers":1},"worker_id":3,"listener_fds":[]}\n'
    )


def test_a_worker_says_that_it_serves_in_as_many_parts_as_it_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
for part in (b'{"state":', b'"ready"}', b'\\n'):
    control.send(part)
    time.sleep(0.01)
time.sleep(1000)
"""
    with fleet_of(program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)

        assert watch.events == [WorkerReady(worker_id=1)]


def test_a_worker_says_why_it_fails_just_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    program = 'control.send(b\'{"state":"failed","reason":"no database"}\\n\'); sys.exit(3)'
    with fleet_of(program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)

        assert watch.events == [WorkerExited(worker_id=1, exit_code=3, reason="no database")]


def test_a_worker_is_sent_signals_until_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with fleet_of('control.send(b\'{"state":"ready"}\\n\'); time.sleep(1000)', monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)
        watch.fleet.signal(1, signal.SIGTERM)
        watch.wait(lambda: len(watch.events) == 2)
        watch.fleet.signal(1, signal.SIGTERM)

        assert watch.events[1] == WorkerExited(worker_id=1, exit_code=-signal.SIGTERM)
        assert watch.is_empty()


def test_a_worker_that_closes_its_end_is_still_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "control.detach(); os.close(int(sys.argv[1])); time.sleep(1000)"
    with fleet_of(program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: len(watch.selector.get_map()) == 1)
        assert watch.events == []
        watch.fleet.signal(1, signal.SIGKILL)
        watch.wait(lambda: watch.events)

        assert watch.events == [WorkerExited(worker_id=1, exit_code=-signal.SIGKILL)]


def test_a_worker_that_cannot_be_started_is_reported_as_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "WORKER_COMMAND", ("/no/such/program",))
    watch = Watch()

    watch.fleet.start(1)

    assert watch.events == [
        WorkerExited(
            worker_id=1,
            exit_code=1,
            reason="not started: [Errno 2] No such file or directory: '/no/such/program'",
        )
    ]
    assert watch.is_empty()
    watch.selector.close()


def test_all_workers_are_gone_after_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with fleet_of("time.sleep(1000)", monkeypatch) as watch:
        for worker_id in (1, 2, 3):
            watch.fleet.start(worker_id)
        pids = [worker.process.pid for worker in watch.fleet._workers.values()]

        watch.fleet.kill_all()

        assert watch.is_empty()
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
