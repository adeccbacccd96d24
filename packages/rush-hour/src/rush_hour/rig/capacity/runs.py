"""The runs of a capacity: closed loops before the search, its steps, and the wait for a queue to be gone."""

import time
from collections.abc import Callable
from typing import Protocol

from rush_hour.core.arrivals import Arrivals, ClosedLoop
from rush_hour.core.figures import TimelineRow
from rush_hour.judge.search.lost import Losses
from rush_hour.judge.search.posterior import Posterior
from rush_hour.judge.search.tried import Order
from rush_hour.load.generators import RunOver
from rush_hour.load.run import Observer
from rush_hour.results.capacity import CapacityStep
from rush_hour.results.run import Run
from rush_hour.rig.capacity.settings import CapacitySettings, CapacityTarget
from rush_hour.rig.watch.measure import measure

ALONE_S = 2.0
QUIET_S = 0.5
QUIET_RATIO = 2.0  # times what an answer takes without load
QUIET_ALWAYS_S = 0.002  # longer than that without load is quiet too
QUIET_TIMEOUT_S = 30.0


class CapacityProgress(Protocol):
    """A listener to a measurement."""

    def begins(self, text: str, order: Order | None, connections: int) -> None:
        """A run begins; it has no order before the search."""

    def phase(self, text: str) -> None:
        """A phase of it begins."""

    def second(self, row: TimelineRow) -> None:
        """A second of its measurement is over."""

    def waits(self) -> None:
        """The queue of the run before is waited for."""

    def ended(self, step: CapacityStep, run: Run, posterior: Posterior | None, left_s: float) -> None:
        """A run is over, and this is known now."""


class Runs:
    """Makes runs.

    Args:
        target: what is measured.
        settings: how.
        progress: told meanwhile.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        target: CapacityTarget,
        settings: CapacitySettings,
        progress: CapacityProgress,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._target = target
        self._settings = settings
        self._progress = progress
        self._number = 0

    def alone(self) -> Run:
        """Let one connection send one request after the other: what an answer takes without load."""
        self._progress.begins("one request after the other", None, 1)
        return self._measure(ClosedLoop(), ALONE_S, connections=1)

    def burst(self, connections: int, duration_s: float) -> Run:
        """Let connections send as fast as they are answered."""
        self._progress.begins("as fast as it is answered", None, connections)
        return self._measure(ClosedLoop(), duration_s, connections=connections)

    def step(self, order: Order, connections: int) -> Run:
        """Carry an order out, and end it when its objective cannot be met any more."""
        self._progress.begins(order.purpose, order, connections)
        arrivals = self._settings.arrivals_of(order.rate_per_s, self._number)
        losses = Losses(self._settings.objective, order.rate_per_s * order.duration_s)
        return self._measure(
            arrivals, order.duration_s, connections=connections, warmup_s=self._settings.warmup_s, losses=losses
        )

    def wait_until_quiet(self, alone_s: float) -> bool:
        """Ask until an answer takes no longer than without load, and return whether it came to that.

        Args:
            alone_s: what an answer takes without load, at the median.
        """
        until_s = self._clock() + QUIET_TIMEOUT_S
        limit_us = 1e6 * max(QUIET_RATIO * alone_s, QUIET_ALWAYS_S)
        self._progress.waits()
        while True:
            plan = self._target.plan_of(ClosedLoop(), QUIET_S, connections=1, processes=1, warmup_s=0.0)
            run = measure(plan, self._target.parts)
            if run.is_interrupted:
                raise KeyboardInterrupt
            service = run.result.service_time_us
            if service is not None and service.p50 <= limit_us:
                return True
            if self._clock() >= until_s:
                return False

    def _measure(
        self,
        arrivals: Arrivals,
        duration_s: float,
        *,
        connections: int,
        warmup_s: float = 0.0,
        losses: Losses | None = None,
    ) -> Run:
        self._number += 1

        def on_second(row: TimelineRow) -> None:
            self._progress.second(row)
            if losses is not None:
                losses.add(row)

        def watch() -> None:
            if losses is not None and losses.lost is not None:
                raise RunOver

        plan = self._target.plan_of(
            arrivals, duration_s, connections=connections, processes=self._settings.processes, warmup_s=warmup_s
        )
        observer = Observer(on_phase=self._progress.phase, on_second=on_second, watch=watch)
        return measure(plan, self._target.parts, observer, self._target.onlookers())
