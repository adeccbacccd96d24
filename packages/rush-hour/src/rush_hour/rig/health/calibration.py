"""A calibration: a process on each core that this one may use, all at once, and what they see."""

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from rush_hour.errors import StartError
from rush_hour.judge.health.noise import CoreSample, Noise, noise_of
from rush_hour.load.kernel import MachineTicks, read_machine
from rush_hour.load.local.child import Child
from rush_hour.rig.health.core_watch import Task, watch_core

WATCHED_RATIO = 0.8  # of the time; in the rest it sleeps
START_TIMEOUT_S = 30.0
END_TIMEOUT_S = 30.0  # after it should have ended: a machine may be very busy


def calibrate(duration_s: float, cpus: Collection[int], on_second: Callable[[float], None]) -> Noise:
    """Measure how noisy this machine is.

    Args:
        duration_s: for how long.
        cpus: on which cores.
        on_second: is told each second how long it has taken; what it does is seen as noise.

    Raises:
        StartError: a process does not start, or ends before it is done.
    """
    with ExitStack() as stack:
        children: list[Child] = []
        for cpu in sorted(cpus):
            children.append(Child(watch_core, [cpu]))
            stack.callback(children[-1].kill)
        _receive(children, START_TIMEOUT_S, lambda _passed_s: None)  # each is on its core, and has imported all
        before = read_machine()
        task = Task(watch_s=duration_s * WATCHED_RATIO, sleep_s=duration_s * (1 - WATCHED_RATIO))
        for child in children:
            with suppress(OSError):  # one that is gone is noticed below
                child.control.send(task)
        samples: list[CoreSample] = _receive(children, duration_s + END_TIMEOUT_S, on_second)
        return noise_of(samples, took_s=duration_s, steal_ratio=_steal_between(before, read_machine()))


def _receive(children: Sequence[Child], timeout_s: float, on_second: Callable[[float], None]) -> list[Any]:
    """Return what each process sends next.

    Args:
        children: the processes.
        timeout_s: how long that may take.
        on_second: is told each second how long it has taken.

    Raises:
        StartError: one sends nothing.
    """
    began_s = time.monotonic()
    answers: dict[int, Any] = {}
    waiting = {child.control: child.pid for child in children}
    while waiting:
        passed_s = time.monotonic() - began_s
        if passed_s > timeout_s:
            raise StartError(f"calibration: a process has said nothing for {timeout_s:g} s. Try again.")
        on_second(passed_s)
        for control in wait([*waiting], timeout=1.0):
            assert isinstance(control, Connection), "it is one of those that are waited for"
            try:
                answers[waiting.pop(control)] = control.recv()
            except (EOFError, OSError) as error:
                raise StartError("calibration: a process has ended before it was done. Try again.") from error
    return [answers[child.pid] for child in children]


def _steal_between(before: MachineTicks | None, after: MachineTicks | None) -> float | None:
    """Return the share of CPU time that the host gave to others between two looks; None where it does not tell."""
    if before is None or after is None or after.total <= before.total:
        return None
    return (after.steal - before.steal) / (after.total - before.total)
