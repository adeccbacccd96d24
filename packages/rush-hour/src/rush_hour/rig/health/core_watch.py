"""What one process sees of one core: it reads the clock again and again, then sleeps again and again.

The method, and what follows, is in `judge/health/noise.py`.
"""

import gc
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from rush_hour.judge.health.noise import PAUSE_US, CoreSample

READINGS = 20_000  # of the clock in one piece of work: 1 to 2 ms
SLEEP_NS = 1_000_000

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a process is to do: both durations, in seconds."""

    watch_s: float
    sleep_s: float


def watch_core(cpu: int, control: "Connection[Any, Any]") -> None:
    """Wait on a core for a `Task`, do it, and send the `CoreSample`.

    Args:
        cpu: the core.
        control: to who started this process.
    """
    with suppress(OSError):  # where it may not choose, what it sees is of the cores that it is given
        os.sched_setaffinity(0, {cpu})
    gc.disable()
    control.send(cpu)
    try:
        task: Task = control.recv()
    except (EOFError, OSError):
        return  # nobody wants to know any more
    clock = time.perf_counter_ns
    began_ns = clock()
    pieces_us, pauses_us = watch(clock, began_ns + int(task.watch_s * 1e9))
    watched_us = (clock() - began_ns) / 1e3
    late_us = sleep_often(clock, time.sleep, clock() + int(task.sleep_s * 1e9))
    control.send(CoreSample(watched_us=watched_us, pauses_us=pauses_us, pieces_us=pieces_us, late_us=late_us))


def watch(clock: Clock, until_ns: int, readings: int = READINGS) -> tuple[Sequence[float], Sequence[float]]:
    """Read a clock until an instant, at least `readings` times.

    Returns:
        How long each piece of so many readings took without its pauses, and all pauses, in microseconds.
    """
    pieces_us: list[float] = []
    pauses_us: list[float] = []
    pause_ns = int(PAUSE_US * 1e3)
    last = clock()
    while last < until_ns or not pieces_us:
        began, paused_ns = last, 0
        for _ in range(readings):
            now = clock()
            if now - last >= pause_ns:
                paused_ns += now - last
                pauses_us.append((now - last) / 1e3)
            last = now
        pieces_us.append((last - began - paused_ns) / 1e3)
    return pieces_us, pauses_us


def sleep_often(clock: Clock, sleep: Callable[[float], None], until_ns: int) -> Sequence[float]:
    """Sleep for a millisecond until an instant, at least once; return by how much each sleep was longer, in µs."""
    late_us: list[float] = []
    while (began := clock()) < until_ns or not late_us:
        sleep(SLEEP_NS / 1e9)
        late_us.append((clock() - began - SLEEP_NS) / 1e3)
    return late_us
