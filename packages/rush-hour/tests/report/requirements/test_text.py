"""Checks on the terminal: the answer, a line for each requirement, what is to be known."""

import io

from checked_systems import checked
from compared_systems import repeated, run_of
from made_systems import Maker, bench, load
from rich.console import Console

from rush_hour.commands.showing import text_of
from rush_hour.report.requirements.text import check_report


def test_each_requirement_has_a_line_whose_parts_are_aligned(make: Maker) -> None:
    document = bench(repeated(make, "main", 1000, 1010, 990), repeated(make, "branch", 1100, 1111, 1089))
    done = checked(
        document, "p99 < 1.2ms, memory < 1GiB @1h..", "p99 <= baseline * 1.05", baseline=document,
        baseline_system="main",
    )  # fmt: skip

    assert text_of(check_report(done)).splitlines() == [
        "3 of 5 requirements are not met: p99 of branch is 1.10 ms, not <= 1.05 ms (4.8 % beyond), and 2 more.",
        "",
        "met      main    p99 < 1.2ms             1.00 ms              14 % to 20 % within",
        "NO DATA  main    memory < 1GiB @1h..                          the run has no whole second there",
        "met      branch  p99 < 1.2ms             1.10 ms              6 % to 11 % within",
        "NO DATA  branch  memory < 1GiB @1h..                          the run has no whole second there",
        "NOT MET  branch  p99 <= baseline * 1.05  1.10 ms  <= 1.05 ms  4.8 % beyond",
    ]


def test_columns_in_which_there_is_nothing_are_left_out(make: Maker) -> None:
    lines = text_of(check_report(checked(load(make.run()), "p99 < 2ms"))).splitlines()

    assert lines[2:] == ["met  p99 < 2ms  1.00 ms"]


def test_what_is_to_be_known_follows(make: Maker) -> None:
    done = checked(load(run_of(make, 1000)), "p99 < baseline * 2", baseline=load(run_of(make, 1000)))

    assert text_of(check_report(done)).splitlines()[3:5] == [
        "",
        "! They were measured one after the other: what changed on the machine in between is in the difference.",
    ]


def test_on_a_narrow_terminal_nothing_is_cut(make: Maker) -> None:
    console = Console(width=40, no_color=True, highlight=False, file=io.StringIO())

    console.print(check_report(checked(load(make.run()), "p99.99 < 1s")))

    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]  # it was made above
    assert all(len(line) <= 40 for line in lines)
    assert " ".join(" ".join(lines).split()).endswith("it says little of 10,000 good answers; 100,000 are needed")
