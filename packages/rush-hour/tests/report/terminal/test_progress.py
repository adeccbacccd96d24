import io
from dataclasses import replace

from rich.console import Console
from rig.deadlines import wait_for

from rush_hour.core.figures import TimelineRow
from rush_hour.report.terminal.progress import TerminalProgress
from rush_hour.results.document import System
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict

SECOND = TimelineRow(at_s=3.0, sent=10, good=9, bad=0, failed=1, p50_us=800, p99_us=12_300)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def log_console() -> Console:
    return Console(file=io.StringIO(), width=200, markup=False, emoji=False, highlight=False)


def terminal() -> Console:
    return Console(file=io.StringIO(), width=100, force_terminal=True, markup=False, emoji=False, highlight=False)


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

    cut_short = replace(system_of(plan, result), name="d", status="interrupted", reason="interrupted after 1.0 of 9 s.")

    with TerminalProgress(console) as progress:
        progress.finished(system_of(plan, result))
        progress.finished(failed)
        progress.finished(silent)
        progress.finished(cut_short)

    assert shown(console) == (
        "a: 1,000 good answers/s\nb: failed: b ended with exit code 1.\nc: unavailable: [no] [/compiler]. [red]\n"
        "d: 1,000 good answers/s, interrupted\n"
    )


def test_a_terminal_has_one_line_that_changes_and_is_cleared() -> None:
    console = terminal()

    with TerminalProgress(console) as progress:
        progress.step("[1/2] [/a]: measuring")
        wait_for(lambda: "[1/2] [/a]: measuring" in shown(console), "the step")
        progress.second(SECOND)
        second = "[1/2] [/a]: measuring   3 s: 9 good, 1 bad, p50 800 µs, p99 12.3 ms"
        wait_for(lambda: second in shown(console), "the second")
        progress.step("[2/2] b: starting")
    progress.clear()

    assert "[2/2] b: starting" in shown(console)
    assert shown(console).endswith("\x1b[1A\x1b[2K")  # up one line, and that one cleared


def test_on_a_terminal_a_finished_system_stays_above_the_line(plan: PlanFacts, result: LoadResult) -> None:
    console = terminal()

    with TerminalProgress(console) as progress:
        progress.step("[1/1] a: measuring")
        progress.finished(system_of(plan, result))

    assert "a: 1,000 good answers/s\n" in shown(console)
