"""How long something still takes, on a terminal and elsewhere."""

import io

from rich.console import Console

from rush_hour.report.terminal.live.countdown import Countdown


def shown(*passed_s: float, is_terminal: bool) -> str:
    printed = io.StringIO()
    with Countdown(Console(file=printed, force_terminal=is_terminal), "waiting", 10.0) as countdown:
        for seconds in passed_s:
            countdown.passed(seconds)
    return printed.getvalue()


def test_a_terminal_sees_one_line_that_is_gone_at_the_end() -> None:
    clear = "\r\x1b[2K"

    assert shown(0.0, 1.0, 10.4, is_terminal=True) == (
        f"{clear}waiting: 0 of 10 s{clear}waiting: 1 of 10 s{clear}waiting: 10 of 10 s{clear}"
    )


def test_elsewhere_one_line_stays() -> None:
    assert shown(0.0, 1.0, is_terminal=False) == "waiting for 10 s\n"
