"""The worker processes and what they report, with small programs in the place of workers."""

import logging
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from event_loops import TIMEOUT_S
from started_process import POLL_S

from api_hour.config.tls_files import TlsFiles
from api_hour.config.worker_options import WorkerOptions
from api_hour.control.messages import Heartbeat, decode_certificates
from api_hour.control.spec import WorkerOrder, WorkerSpec, encode_order
from api_hour.supervisor import fleet as fleet_module
from api_hour.supervisor.fleet import Fleet
from api_hour.supervisor.policy.events import Event, WorkerAlive, WorkerExited, WorkerReady
from api_hour.supervisor.policy.reasons import KillReason, RetireReason
from api_hour.tls import TlsPem

SPEC = WorkerSpec(target="app:Container", name="app", chdir="/", main_yaml=None, worker=WorkerOptions())
BEGINNING = """
import os, signal, socket, sys, time
control = socket.socket(fileno=int(sys.argv[1]))
order = control.makefile("rb").readline()
"""


READY = 'control.send(b\'{"state":"ready"}\\n\')\n'


class Watch:
    """A fleet, its selector, and the events it has reported."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.heard: list[tuple[int, Heartbeat]] = []
        self.selector = selectors.DefaultSelector()
        self.fleet = Fleet(SPEC, [], self.selector, self.events.append, lambda *said: self.heard.append(said))

    def wait(self, condition: Callable[[], object]) -> None:
        """Let the fleet look at its workers until a condition holds."""
        while not condition():
            ready = self.selector.select(TIMEOUT_S)
            assert ready, f"nothing happens any more after {self.events}"
            for key, _ in ready:
                key.data()

    def wait_for_stack(self, worker_id: int) -> None:
        """Wait until a worker has written its stack to its end."""
        fd = self.fleet._workers[worker_id].stack.fd
        end_at_s = time.monotonic() + TIMEOUT_S
        while b"<module>" not in os.pread(fd, 65536, 0):
            assert time.monotonic() < end_at_s, "no stack in time"
            time.sleep(POLL_S)

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


def errors_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]


def test_a_worker_is_given_its_order_and_its_end_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "order"
    with fleet_of(f"open({str(path)!r}, 'wb').write(order); sys.exit(7)", monkeypatch) as watch:
        watch.fleet.start(3, request_limit=9)
        watch.wait(lambda: watch.events)

        assert watch.events == [WorkerExited(worker_id=3, exit_code=7)]
        assert watch.is_empty()
    order = WorkerOrder(
        spec=SPEC, worker_id=3, listener_fds=(), request_limit=9, counts_fd=watch.fleet._counts_fd, slot=0
    )
    assert path.read_bytes() == encode_order(order) + b"\n"


def test_every_worker_is_given_certificates_that_have_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = TlsPem(files=TlsFiles(cert="a"), cert=b"certificate", key=b"k" * 500_000)
    path = tmp_path / "certificates"
    program = READY + (
        "line, [fd], _, _ = socket.recv_fds(control, 100, 1)\n"
        f"open({str(path)!r} + str(os.getpid()), 'wb').write(line + os.pread(fd, 1_000_000, 0))\n"
    )
    with fleet_of(program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.fleet.start(2)
        watch.wait(lambda: len(watch.events) == 2)

        watch.fleet.replace_certificates([pem])
        watch.wait(watch.is_empty)

    came = list(tmp_path.glob("certificates*"))
    for written in came:
        line, _, content = written.read_bytes().partition(b"\n")
        assert line == b'{"command":"certificates"}'
        assert decode_certificates(content) == [pem]
    assert len(came) == 2


def test_every_worker_is_given_where_this_process_prints_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "seen"
    program = READY + (
        "line, [fd], _, _ = socket.recv_fds(control, 100, 1)\n"
        f"open({str(path)!r}, 'w').write(line.decode() + os.readlink(f'/proc/self/fd/{{fd}}'))\n"
    )
    with fleet_of(program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)
        watch.fleet.follow_log()
        watch.wait(watch.is_empty)

    line, _, output = path.read_text().partition("\n")
    assert line == '{"command":"output"}'
    assert output == str(Path("/proc/self/fd/1").readlink())


def test_a_slot_for_connections_is_free_when_its_worker_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with fleet_of("time.sleep(1000)", monkeypatch) as watch:
        watch.fleet.start(1)
        watch.fleet.start(2)
        watch.fleet.kill(1, KillReason.AT_ONCE)
        watch.wait(lambda: watch.events)
        watch.fleet.start(3)

        assert {number: worker.slot for number, worker in watch.fleet._workers.items()} == {2: 1, 3: 0}


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


def test_a_worker_is_told_to_stop_until_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with fleet_of(READY + "time.sleep(1000)", monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)
        watch.fleet.stop(1)
        watch.wait(lambda: len(watch.events) == 2)
        for nothing in (watch.fleet.stop, watch.fleet.dump_stack):
            nothing(1)
        watch.fleet.retire(1, RetireReason.RELOAD)
        watch.fleet.kill(1, KillReason.HEARTBEAT_TIMEOUT)

        assert watch.events[1] == WorkerExited(worker_id=1, exit_code=-signal.SIGTERM)
        assert watch.is_empty()


def test_a_worker_is_told_to_retire_in_a_line_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "command"
    program = f"open({str(path)!r}, 'wb').write(control.makefile('rb').readline())"
    with fleet_of(READY + program, monkeypatch) as watch, caplog.at_level(logging.INFO):
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)
        pid = watch.fleet.pids()[1]
        watch.fleet.retire(1, RetireReason.RELOAD)
        watch.wait(lambda: len(watch.events) == 2)

    assert path.read_bytes() == b'{"command":"retire"}\n'
    assert f"worker 1 retires, pid {pid}: reload" in caplog.messages
    fields = ("worker_id", "worker_pid", "reason", "exit_code")
    assert [{name: vars(record)[name] for name in fields if name in vars(record)} for record in caplog.records] == [
        {"worker_id": 1, "worker_pid": pid},
        {"worker_id": 1, "worker_pid": pid},
        {"worker_id": 1, "worker_pid": pid, "reason": "reload"},
        {"worker_id": 1, "worker_pid": pid, "reason": "", "exit_code": 0},
    ]


def test_a_heartbeat_is_passed_on_and_reported_with_the_memory_as_the_kernel_counts_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beat = b'{"state":"alive","heartbeat":{"requests":7,"in_flight":1,"latency_counts":[1,6],"loop_lag_s":0.5}}'
    with fleet_of(f"control.send({beat!r} + b'\\n'); time.sleep(1000)", monkeypatch) as watch:
        watch.fleet.start(4)
        watch.wait(lambda: watch.events)

        assert watch.heard == [(4, Heartbeat(requests=7, in_flight=1, latency_counts=(1, 6), loop_lag_s=0.5))]
        [event] = watch.events
        assert isinstance(event, WorkerAlive)
        assert event == WorkerAlive(worker_id=4, requests=7, rss_bytes=event.rss_bytes)
        assert event.rss_bytes > 1_000_000


def test_what_is_not_understood_is_said_and_passed_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = """control.send(b'{"state":"bored"}\\n{"state":"alive"}\\nnonsense\\n{"state":"ready"}\\n')
time.sleep(1000)"""
    with fleet_of(program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)

        assert watch.events == [WorkerReady(worker_id=1)]
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        """worker 1 said b'{"state":"bored"}', which is not understood: Invalid enum value 'bored' - at `$.state`""",
        "worker 1 said b'nonsense', which is not understood: JSON is malformed: invalid character (byte 4)",
    ]


# Stacks.

REGISTER = """
import faulthandler
faulthandler.register(signal.SIGRTMIN, file=int(sys.argv[2]))
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGRTMIN])
"""


def test_the_stack_of_a_worker_that_sleeps_in_c_is_logged_and_it_is_killed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = REGISTER + f"def busy():\n    {READY}    time.sleep(1000)\nbusy()"
    with fleet_of(program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)
        pid = watch.fleet.pids()[1]
        watch.fleet.dump_stack(1)
        watch.wait_for_stack(1)
        watch.fleet.kill(1, KillReason.HEARTBEAT_TIMEOUT)
        watch.wait(lambda: len(watch.events) == 2)

    stack, killed = errors_in(caplog)
    first_line, *lines = stack.splitlines()
    assert first_line == f"worker 1, pid {pid}, gave no sign of life in time; its stack:"
    assert lines[0].startswith(("Current thread 0x", "Stack (most recent call first):"))
    assert "in busy" in stack
    assert killed == "worker 1 gave no sign of life in time: killed"
    assert watch.events[1] == WorkerExited(worker_id=1, exit_code=-signal.SIGKILL)


def test_a_worker_that_is_stopped_gives_no_stack_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with fleet_of(REGISTER + READY + "time.sleep(1000)", monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)
        pid = watch.fleet.pids()[1]
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)
        watch.fleet.dump_stack(1)
        watch.fleet.kill(1, KillReason.HEARTBEAT_TIMEOUT)
        watch.wait(lambda: len(watch.events) == 2)

    assert errors_in(caplog) == [
        f"worker 1, pid {pid}, gives no stack: its process is stopped",
        "worker 1 gave no sign of life in time: killed",
    ]


def test_a_worker_that_is_asked_for_its_stack_before_it_can_give_one_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with fleet_of(READY + "control.recv(1)\n" + REGISTER + "sys.exit(7)", monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)
        watch.fleet.dump_stack(1)
        watch.fleet.retire(1, RetireReason.RELOAD)  # anything to go on
        watch.wait(lambda: len(watch.events) == 2)

    assert watch.events[1] == WorkerExited(worker_id=1, exit_code=7)
    assert errors_in(caplog) == []


def test_the_stack_of_a_worker_that_comes_back_to_life_is_logged_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = f"""
def busy():
    {READY}    while os.fstat(int(sys.argv[2])).st_size == 0:
        time.sleep(0.01)
busy()
control.send(b'{{"state":"alive","heartbeat":{{}}}}\\n')
time.sleep(1000)
"""
    with fleet_of(REGISTER + program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)
        watch.fleet.dump_stack(1)
        watch.wait(lambda: len(watch.events) == 2)

        [stack] = errors_in(caplog)
        assert stack.startswith(f"worker 1, pid {watch.fleet.pids()[1]}, was silent for a while; its stack:\n")
        assert "in busy" in stack


def test_the_service_manager_is_the_supervisors_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "@systemd")
    path = tmp_path / "seen"
    program = f"open({str(path)!r}, 'w').write(str('NOTIFY_SOCKET' in os.environ))"
    with fleet_of(program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: watch.events)

    assert path.read_text() == "False"


# Ending.


def test_a_worker_that_closes_its_end_is_still_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "control.detach(); os.close(int(sys.argv[1])); time.sleep(1000)"
    with fleet_of(program, monkeypatch) as watch:
        watch.fleet.start(1)
        watch.wait(lambda: len(watch.selector.get_map()) == 1)
        assert watch.events == []
        watch.fleet.kill(1, KillReason.HEARTBEAT_TIMEOUT)
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
