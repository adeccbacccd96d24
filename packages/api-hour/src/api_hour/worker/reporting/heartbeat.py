"""A worker's sign of life: sent from its event loop, so that a loop that is blocked sends none."""

import asyncio
from collections.abc import Callable

from api_hour.control.messages import EngineReport, Heartbeat
from api_hour.stats import ServingStats


def _no_engines() -> tuple[EngineReport, ...]:
    return ()


class Heart:
    """Sends a heartbeat in intervals, and one at once when the worker has reached its limit of requests.

    Args:
        loop: the worker's event loop.
        interval_s: the time between two heartbeats.
        stats: what the worker has answered.
        connections: tells how many connections are open.
        send: takes each heartbeat.
        engines: tells how the engines are.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        interval_s: float,
        stats: ServingStats,
        connections: Callable[[], int],
        send: Callable[[Heartbeat], None],
        *,
        engines: Callable[[], tuple[EngineReport, ...]] = _no_engines,
    ) -> None:
        self._loop = loop
        self._interval_s = interval_s
        self._stats = stats
        self._connections = connections
        self._send = send
        self._engines = engines

    def start(self) -> None:
        """Begin to beat, for as long as the loop runs."""
        self._stats.on_limit = lambda: self._beat(loop_lag_s=0.0)
        self._wait()

    def beat(self) -> None:
        """Say at once what is to be said: at the beginning, and at the end, when nothing more comes."""
        self._beat(loop_lag_s=0.0)

    def _wait(self) -> None:
        self._loop.call_later(self._interval_s, self._on_time, self._loop.time() + self._interval_s)

    def _on_time(self, due_at_s: float) -> None:
        self._beat(loop_lag_s=max(0.0, self._loop.time() - due_at_s))
        self._wait()

    def _beat(self, *, loop_lag_s: float) -> None:
        self._send(
            Heartbeat(
                requests=self._stats.requests,
                in_flight=self._stats.in_flight,
                latency_counts=tuple(self._stats.latency_counts),
                latency_sum_s=self._stats.latency_sum_s,
                loop_lag_s=loop_lag_s,
                connections=self._connections(),
                engines=self._engines(),
            )
        )
