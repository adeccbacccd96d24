"""What a worker says of its engines."""

from dataclasses import dataclass, field
from typing import Literal

from api_hour.engines import Engine
from api_hour.worker.engine_reports import engine_reports
from api_hour.worker.spec import EngineReport


@dataclass(slots=True)
class Status:
    """What an engine says of itself."""

    name: str = "pg"
    state: Literal["connecting", "up", "down"] = "up"
    since_at_s: float = 90.0
    last_error: str = ""
    connections: int = 5
    borrowed: int = 2
    waiting: int = 1
    refused: int = 3


@dataclass(slots=True)
class Telling(Engine):
    """An engine that says how it is."""

    status: Status = field(default_factory=Status)

    async def connect(self) -> None: ...

    async def close(self) -> None: ...


class Silent(Engine):
    """An engine that does not."""

    async def connect(self) -> None: ...

    async def close(self) -> None: ...


def test_an_engine_is_reported_as_it_says_with_its_age_on_the_clock_of_the_loop() -> None:
    assert engine_reports([Telling()], 100.0) == (
        EngineReport(name="pg", state="up", age_s=10.0, connections=5, borrowed=2, waiting=1, refused=3),
    )


def test_only_the_beginning_of_a_long_error_is_reported() -> None:
    [report] = engine_reports([Telling(Status(state="down", last_error="x" * 1000))], 100.0)

    assert (report.state, report.last_error) == ("down", "x" * 200)


def test_what_does_not_say_how_it_is_is_left_out() -> None:
    assert engine_reports([Silent(), object(), Status()], 100.0) == ()
