import io
from dataclasses import replace

import pytest
from profiles import made_of, profile_of
from rich.console import Console

from rush_hour.report.terminal.live.live_view import LiveView
from rush_hour.results.run import LoadResult


def terminal(width: int) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, height=24, color_system=None)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [40, 80])
def test_the_last_seconds_are_whole_on_a_screen_of_any_width(result: LoadResult, width: int) -> None:
    console = terminal(width)
    large = replace(result.timeline[0], sent=1_234_567, p99_us=1_234_567, send_lag_p99_us=12_345)

    with LiveView(console, 10.0) as view:
        view.step("measuring")
        for second in range(1, 11):
            view.second(replace(large, at_s=float(second)))
        view._live.refresh()
        last = shown(console)[shown(console).rindex("measuring, 10 of 10 s, last answers") :]

    assert "…" not in last
    assert "..." not in last
    assert all(figure in last for figure in ("1,234,567", "1,235", "12.3"))


def test_it_says_how_long_it_takes_and_how_much_of_what_is_offered_is_good(result: LoadResult) -> None:
    console = terminal(80)
    row = result.timeline[0]

    with LiveView(console, 10.0, 2_000.0) as view:
        view.second(replace(row, at_s=1.0))
        view.second(replace(row, at_s=2.0, good=500, bad=450, failed=50))
        view.second(replace(row, at_s=2.01, good=1))  # what is left after a second is none
        view._live.refresh()
        last = shown(console)[shown(console).rindex("measuring, 2 of 10 s") :].splitlines()

    assert last[0].rstrip() == "measuring, 2 of 10 s, 8 s left"
    assert last[1].rstrip() == "500 good/s ━━━━━··············· of 2,000/s ▄▂ 500 bad"


def test_elsewhere_there_are_its_steps_alone(result: LoadResult) -> None:
    console = Console(file=io.StringIO(), force_terminal=False)

    with LiveView(console, 10.0) as view:
        view.step("connecting")
        view.second(result.timeline[0])
        view.step("measuring")

    assert shown(console) == "connecting\nmeasuring\n"


def test_it_says_which_phase_it_is_and_what_is_offered_in_it(result: LoadResult) -> None:
    console = terminal(80)
    profile = profile_of("spike:200..2000/3s/12s")

    with LiveView(console, 12.0, profile.mean_per_s, profile) as view:
        view.second(replace(result.timeline[0], at_s=1.0, good=200))
        view._live.refresh()
        first = shown(console)[shown(console).rindex("measuring, 1 of 12 s") :].splitlines()
        view.second(replace(result.timeline[0], at_s=5.0, good=1000))
        view._live.refresh()
        last = shown(console)[shown(console).rindex("measuring, 5 of 12 s") :].splitlines()

    assert first[0].rstrip() == "measuring, 1 of 12 s, before, 11 s left"
    assert first[1].rstrip() == "200 good/s ━━━━━━━━━━━━━━━━━━━━ of 200/s ▁"
    assert last[0].rstrip() == "measuring, 5 of 12 s, peak, 7 s left"
    assert last[1].rstrip() == "1,000 good/s ━━━━━━━━━━·········· of 2,000/s ▁▄"


def test_while_nothing_is_due_there_is_no_share_of_it(result: LoadResult) -> None:
    console = terminal(80)
    profile = made_of((100, 100, 1), (0, 0, 2))

    with LiveView(console, 3.0, profile.mean_per_s, profile) as view:
        view.second(replace(result.timeline[0], at_s=2.0, good=0))
        view._live.refresh()

    assert "\n0 good/s " in shown(console).replace("\r", "")
    assert " of 0/s" not in shown(console)
