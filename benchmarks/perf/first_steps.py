"""Costs of starting a coroutine from a callback of the loop, by each way to do so.

    ends         it returns in its first step
    suspends     it waits once, for a future that is completed in the next turn of the loop
    alternates   each second one suspends

CPU time of the process for each start, the loop's own turn with it. The ways take turns; a ratio is taken between two
in the same repetition, and of these the median, so a machine that is slower for a while is slower for both. Needs no
package but uvloop, so that it runs on any interpreter:

    PYTHONPATH=packages/api-hour/tests python benchmarks/perf/first_steps.py [source folders of other versions ...]
"""

import argparse
import asyncio
import contextvars
import gc
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from statistics import median
from typing import Any

import uvloop
from first_step_source import OURS, first_step_of

PER_TURN = 4  # starts in one callback, as when some connections have something to read

Waited = asyncio.Future[None]
Work = Coroutine[Any, Any, None]
Start = Callable[[Work], object]
Way = Callable[[asyncio.AbstractEventLoop], Start]


async def ends() -> None:
    """Return in the first step."""


async def suspends(waited: Waited) -> None:
    """Wait once."""
    await waited


def by_create_task(loop: asyncio.AbstractEventLoop) -> Start:
    """Make a task, whose first step comes in the next turn."""
    context = contextvars.copy_context()
    return lambda work: loop.create_task(work, context=context.copy())


def by_eager_task(loop: asyncio.AbstractEventLoop) -> Start:
    """Make a task that runs its first step when it is made; CPython 3.12 and newer."""
    context = contextvars.copy_context()
    eager_task: Any = asyncio.Task
    return lambda work: eager_task(work, loop=loop, context=context.copy(), eager_start=True)


def by_first_step(source: Path) -> Way:
    """Run the first step by the FirstStep of a source folder."""
    first_step = first_step_of(source)
    return lambda loop: first_step(loop, contextvars.copy_context()).start


class Starter:
    """Starts coroutines turn by turn until there were enough."""

    def __init__(self, loop: asyncio.AbstractEventLoop, start: Start, *, suspending: tuple[bool, ...]) -> None:
        self._loop = loop
        self._start = start
        self._suspending = suspending  # the coroutines of one turn
        self._waited: list[Waited] = []
        self._turns = 0

    def run(self, turns: int) -> float:
        """Return the CPU time that they took, in seconds."""
        self._turns = turns
        self._loop.call_soon(self._take_turn)
        began_at_s = time.process_time()
        self._loop.run_forever()
        return time.process_time() - began_at_s

    def _take_turn(self) -> None:
        for each in self._waited:
            each.set_result(None)
        self._waited.clear()
        self._turns -= 1
        if self._turns < 0:
            self._loop.call_soon(self._loop.stop)
            return
        for is_suspending in self._suspending:
            if is_suspending:
                waited = self._loop.create_future()
                self._waited.append(waited)
                self._start(suspends(waited))
            else:
                self._start(ends())
        self._loop.call_soon(self._take_turn)


WORKS = {
    "ends": (False,) * PER_TURN,
    "suspends": (True,) * PER_TURN,
    "alternates": (False, True) * (PER_TURN // 2),
}


def measure(way: Way, new_loop: Callable[[], asyncio.AbstractEventLoop], works: str, starts: int) -> float:
    """Return the CPU time of a start, in microseconds."""
    loop = new_loop()
    try:
        starter = Starter(loop, way(loop), suspending=WORKS[works])
        starter.run(100)
        gc.collect()
        return starter.run(starts // PER_TURN) / starts * 1e6
    finally:
        loop.close()


def main() -> None:
    """Measure every way on both loops, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("others", nargs="*", type=Path, help="source folders of other versions, measured beside ours")
    parser.add_argument("--starts", type=int, default=20_000)
    parser.add_argument("--repetitions", type=int, default=15)
    options = parser.parse_args()
    ways: dict[str, Way] = {"create_task": by_create_task}
    if sys.version_info >= (3, 12):
        ways["eager_start"] = by_eager_task
    for path in (OURS, *options.others):
        ways["FirstStep" if path is OURS else str(path)] = by_first_step(path)
    print(f"CPython {sys.version.split()[0]}: CPU µs of a start, least and median; median of ratios to create_task")
    for name, new_loop in (("asyncio", asyncio.new_event_loop), ("uvloop", uvloop.new_event_loop)):
        for works in WORKS:
            measured_us: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(options.repetitions):
                for way, each in measured_us.items():
                    each.append(measure(ways[way], new_loop, works, options.starts))
            for way, each in measured_us.items():
                ratio = median(own / its for own, its in zip(each, measured_us["create_task"], strict=True))
                print(f"{name:8}{works:12}{way:16}{min(each):7.2f}{median(each):7.2f}{ratio:7.2f}")


if __name__ == "__main__":
    main()
