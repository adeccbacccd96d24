"""A worker's engines, as each heartbeat reports them."""

from collections.abc import Iterable
from typing import Any

from api_hour.control.messages import EngineReport
from api_hour.engines import Engine, EngineStatus

ERROR_LENGTH = 200  # of the last error's beginning: a heartbeat is one short line


def engine_reports(engines: Iterable[Any]) -> tuple[EngineReport, ...]:
    """Return how the engines of a Container are; other things among them are left out."""
    return tuple(_report(engine.status) for engine in engines if isinstance(engine, Engine))


def _report(status: EngineStatus) -> EngineReport:
    return EngineReport(
        name=status.name,
        state=status.state,
        last_error=status.last_error[:ERROR_LENGTH],
        connections=status.connections,
        borrowed=status.borrowed,
        waiting=status.waiting,
        refused=status.refused,
    )
