"""Lines that nobody waits for: a reader that stands still stops no writer, and what is lost is counted."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from event_loops import TIMEOUT_S
from started_process import POLL_S

from api_hour.log import outlet as outlet_module
from api_hour.log.outlet import Outlet

LINE = b"x" * 999 + b"\n"


class Pipe:
    """A pipe that is read when the test says so, and an outlet into it."""

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe()
        fcntl.fcntl(self.write_fd, fcntl.F_SETPIPE_SZ, 4096)
        self.lost: list[int] = []
        self.outlet = Outlet(self.write_fd, on_lost=self.lost.append)

    def read_until(self, condition: object) -> bytes:
        """Read until nothing is kept and a condition holds."""
        os.set_blocking(self.read_fd, False)
        data, end_at_s = b"", time.monotonic() + TIMEOUT_S
        while self.outlet._kept or not (condition() if callable(condition) else condition):
            assert time.monotonic() < end_at_s, "it is not written"
            with suppress(BlockingIOError):
                data += os.read(self.read_fd, 65536)
            time.sleep(POLL_S)
        with suppress(BlockingIOError):
            data += os.read(self.read_fd, 65536)
        return data

    def close(self) -> None:
        os.close(self.read_fd)  # who writes is woken by it
        self.outlet.flush(TIMEOUT_S)
        os.close(self.write_fd)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def test_a_line_is_written_when_the_call_is_over(pipe: Pipe) -> None:
    for number in range(100):
        pipe.outlet.write(b"%d\n" % number)
        assert os.read(pipe.read_fd, 100) == b"%d\n" % number


def test_who_writes_does_not_wait_for_a_reader_that_stands_still(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet_module, "KEPT_BYTES", 10 * len(LINE))
    for _ in range(100):
        pipe.outlet.write(LINE)
    assert pipe.outlet._is_stalled

    written = pipe.read_until(lambda: pipe.lost)

    assert set(written.split(b"\n")) == {LINE[:-1], b""}
    assert written.count(b"\n") + pipe.lost[0] == 100
    assert 0 < pipe.lost[0] < 100
    assert not pipe.outlet._is_stalled


def test_several_lines_at_once_are_counted_as_such(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet_module, "KEPT_BYTES", 5 * len(LINE))
    for _ in range(10):
        pipe.outlet.write(LINE * 5, lines=5, patience_s=0.0)

    written = pipe.read_until(lambda: pipe.lost)

    assert written.count(b"\n") + pipe.lost[0] == 50


def test_the_end_is_not_held_up_for_long(pipe: Pipe) -> None:
    for _ in range(20):
        pipe.outlet.write(LINE, patience_s=0.0)

    pipe.outlet.flush(0.0)

    assert pipe.outlet._kept


def test_what_is_said_of_lost_lines_may_be_a_line(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet_module, "KEPT_BYTES", 5 * len(LINE))
    pipe.outlet._on_lost = lambda lines: pipe.outlet.write(b"%d were lost\n" % lines)
    for _ in range(20):
        pipe.outlet.write(LINE)

    said = b""
    while b"were lost" not in said:
        said = pipe.read_until(condition=True)
        time.sleep(POLL_S)
    assert said.endswith(b" were lost\n")


def test_a_reader_that_is_gone_fails_nobody() -> None:
    pipe = Pipe()
    os.close(pipe.read_fd)
    for _ in range(3):
        pipe.outlet.write(LINE)
    pipe.outlet.flush(TIMEOUT_S)

    assert not pipe.outlet._kept
    assert pipe.lost == []
    os.close(pipe.write_fd)


def test_a_descriptor_that_somebody_has_set_not_to_block_is_waited_for(pipe: Pipe) -> None:
    os.set_blocking(pipe.write_fd, False)
    for _ in range(20):
        pipe.outlet.write(LINE, patience_s=0.0)

    assert pipe.read_until(condition=True) == LINE * 20


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_writes_by_itself(pipe: Pipe) -> None:
    pipe.outlet.write(b"the parent's\n")
    threads = threading.active_count()
    pid = os.fork()
    if pid == 0:
        pipe.outlet.write(b"the child's\n")
        os._exit(threading.active_count())

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1 < threads
    assert os.read(pipe.read_fd, 100) == b"the parent's\nthe child's\n"
