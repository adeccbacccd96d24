import io
from dataclasses import replace

from rich.console import Console
from rig.deadlines import wait_for

from rush_hour.core.figures import TimelineRow
from rush_hour.report.terminal.live.progress import TerminalProgress
from rush_hour.results.document import System
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict

SECOND = TimelineRow(at_s=3.0, sent=10, good=9, bad=0, failed=1, p50_us=800, p99_us=12_300)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def log_console() -> Console:
    return Console(file=io.StringIO(), width=200, markup=False, emoji=False, highlight=False)


def terminal() -> Console:
    return Console(
        file=io.StringIO(),
        width=100,
        force_terminal=True,
        color_system="standard",
        no_color=False,
        markup=False,
        emoji=False,
        highlight=False,
    )


def system_of(plan: PlanFacts, result: LoadResult) -> System:
    run = Run(plan=plan, result=result, verdict=Verdict(trusted=True))
    return System(name="a", title="A", status="ok", runs=[run])


def test_outside_a_terminal_each_step_is_a_line_and_seconds_are_not_shown() -> None:
    console = log_console()

    with TerminalProgress(console) as progress:
        progress.step("[1/2] a: starting")
        progress.step("[1/2] a: measuring")
        progress.second(SECOND)

    assert shown(console) == "[1/2] a: starting\n[1/2] a: measuring\n"


def test_a_finished_system_is_a_line_with_its_goodput_or_the_first_line_of_its_reason(
    plan: PlanFacts, result: LoadResult
) -> None:
    console = log_console()
    failed = System(name="b", title="B", status="failed", reason="b ended with exit code 1.\nline of log")
    silent = System(name="c", title="C", status="unavailable", reason="[no] [/compiler]. [red]")

    [run] = system_of(plan, result).runs
    short = replace(run, is_interrupted=True)
    cut_short = System(name="d", title="D", status="interrupted", reason="interrupted after 1.0 of 9 s.", runs=[short])

    with TerminalProgress(console) as progress:
        progress.finished(system_of(plan, result))
        progress.finished(failed)
        progress.finished(silent)
        progress.finished(cut_short)

    assert shown(console) == (
        "a: holds, 1,000 good answers/s\nb: failed: b ended with exit code 1.\n"
        "c: unavailable: [no] [/compiler]. [red]\nd: interrupted, 1,000 good answers/s\n"
    )


class Clock:
    """A clock that is set by hand."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_line_says_what_is_waited_for_and_for_how_long() -> None:
    clock = Clock()
    progress = TerminalProgress(log_console(), duration_s=10.0, rate_per_s=10.0, clock=clock)

    progress.step("[1/2] a: starting")
    assert progress.line().plain == "[1/2] a: starting"
    clock.now_s += 7
    assert progress.line().plain == "[1/2] a: starting for 7 s"
    progress.step("[1/2] a: measuring")
    progress.second(SECOND)
    progress.second(replace(SECOND, at_s=3.02, good=0, failed=0))  # what is left after a second is none
    assert progress.line().plain == ("[1/2] a: measuring, 3 of 10 s ▆ 9 good/s, 1 bad, p50 800 µs, p99 12.3 ms")


def test_the_time_that_is_left_goes_by_the_systems_before(plan: PlanFacts, result: LoadResult) -> None:
    clock = Clock()
    progress = TerminalProgress(log_console(), systems=4, duration_s=30.0, warmup_s=10.0, clock=clock)
    lefts = []

    progress.step("starting PostgreSQL")
    lefts.append(progress.line().plain.partition("; ")[2])
    progress.second(SECOND)
    lefts.append(progress.line().plain.partition("; ")[2])
    for _ in range(3):
        progress.finished(system_of(plan, result))
        clock.now_s += 60
        lefts.append(progress.line().plain.partition("; ")[2])

    assert lefts == [
        "about 3 min left",  # the measurements alone
        "about 2 min left",
        "about 60 s left",
        "about 60 s left",  # a minute for each, from now on
        "about 5 s left",
    ]


def test_a_terminal_has_lines_that_change_and_are_cleared() -> None:
    console = terminal()

    with TerminalProgress(console) as progress:
        progress.step("[1/2] [/a]: measuring")
        wait_for(lambda: "[1/2] [/a]: measuring" in shown(console), "the step")
        progress.second(SECOND)
        wait_for(lambda: "9 good/s, " in shown(console), "the second")
        assert "\x1b[31m1 bad\x1b[0m" in shown(console)
        progress.step("[2/2] b: starting")
        wait_for(lambda: "[2/2] b: starting" in shown(console), "the next step")
    progress.clear()

    assert shown(console).endswith("\x1b[1A\x1b[2K")  # up one line, and that one cleared


def test_on_a_terminal_a_finished_system_stays_above_the_line(plan: PlanFacts, result: LoadResult) -> None:
    console = terminal()

    with TerminalProgress(console) as progress:
        progress.step("[1/1] a: measuring")
        progress.finished(system_of(plan, result))

    assert "a: \x1b[32mholds\x1b[0m, 1,000 good answers/s\n" in shown(console)
