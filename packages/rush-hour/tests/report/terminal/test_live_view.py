import io
from dataclasses import replace

import pytest
from rich.console import Console

from rush_hour.report.terminal.live_view import LiveView
from rush_hour.results.run import LoadResult


@pytest.mark.parametrize("width", [40, 80])
def test_the_last_seconds_are_whole_on_a_screen_of_any_width(result: LoadResult, width: int) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=24, color_system=None)
    large = replace(result.timeline[0], sent=1_234_567, p99_us=1_234_567, send_lag_p99_us=12_345)

    with LiveView(console, 10.0) as view:
        view.step("measuring")
        for second in range(1, 11):
            view.second(replace(large, at_s=float(second)))
        view._live.refresh()
        assert isinstance(console.file, io.StringIO)
        shown = console.file.getvalue()

    last = shown[shown.rindex("measuring, 10 of 10 s") :]
    assert "…" not in last
    assert "..." not in last
    assert all(figure in last for figure in ("1,234,567", "1.23 s", "12.3 ms"))


def test_elsewhere_there_are_its_steps_alone(result: LoadResult) -> None:
    console = Console(file=io.StringIO(), force_terminal=False)

    with LiveView(console, 10.0) as view:
        view.step("connecting")
        view.second(result.timeline[0])
        view.step("measuring")

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == "connecting\nmeasuring\n"
