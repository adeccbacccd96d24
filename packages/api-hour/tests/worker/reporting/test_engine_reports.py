"""What a worker says of its engines."""

from dataclasses import replace

from api_hour.control.messages import EngineReport
from api_hour.engines import Engine, EngineStatus
from api_hour.worker.reporting.engine_reports import engine_reports

UP = EngineStatus(
    name="pg", state="up", since_at_s=90.0, last_error="", connections=5, borrowed=2, waiting=1, refused=3
)


class Telling(Engine):
    """An engine that is as a test says."""

    def __init__(self, status: EngineStatus) -> None:
        super().__init__()
        self._told = status

    @property
    def status(self) -> EngineStatus:
        return self._told


def test_an_engine_is_reported_as_it_says() -> None:
    assert engine_reports([Telling(UP)]) == (
        EngineReport(name="pg", state="up", connections=5, borrowed=2, waiting=1, refused=3),
    )


def test_only_the_beginning_of_a_long_error_is_reported() -> None:
    [report] = engine_reports([Telling(replace(UP, state="down", last_error="x" * 1000))])

    assert (report.state, report.last_error) == ("down", "x" * 200)


def test_what_is_no_engine_is_left_out() -> None:
    assert engine_reports([object(), UP]) == ()
