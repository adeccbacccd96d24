"""What forbids a comparison, and what is to be known of one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from compared_systems import compared, repeated, within
from made_systems import LATE, Maker, bench, system

from rush_hour.results.document import Document, SuiteFacts


def document(make: Maker, **plan: Any) -> Document:
    """A bench of one system, under another plan perhaps."""
    one = repeated(make, "app", 1000, 1001)
    return bench(replace(one, runs=[replace(run, plan=replace(run.plan, **plan)) for run in one.runs]))


def on_machine(made: Document, **changes: Any) -> Document:
    assert made.machine is not None
    return replace(made, machine=replace(made.machine, **changes))


@pytest.mark.parametrize(
    ("change", "obstacle"),
    [
        (
            lambda made: on_machine(made, cores=4),
            "they were measured on different machines (2 cores of Fast, 1 B; 4 cores of Fast, 1 B)",
        ),
        (
            lambda made: on_machine(made, cpu="Slow"),
            "they were measured on different machines (2 cores of Fast, 1 B; 2 cores of Slow, 1 B)",
        ),
        (
            lambda made: on_machine(made, limits={"cpu_quota_cores": "1.5"}),
            (
                "they were measured on different machines "
                "(2 cores of Fast, 1 B; 2 cores of Fast, 1.5 of them by quota, 1 B)"
            ),
        ),
        (lambda made: replace(made, kind="load"), "one is a bench, the other a load"),
        (
            lambda made: replace(made, suite=SuiteFacts(name="other", title="", path="", workers=1)),
            "they are of different suites (None; other)",
        ),
    ],
)
def test_documents_of_other_conditions_are_not_compared(
    make: Maker, change: Callable[[Document], Document], obstacle: str
) -> None:
    comparison = compared(document(make), change(document(make)))

    assert comparison.obstacles == [obstacle]
    assert comparison.lines == []
    assert comparison.notes == []


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        (
            {"arrivals": "closed-loop", "rate_per_s": None},
            "the load was of different models (constant; closed-loop)",
        ),
        ({"rate_per_s": 2000.0}, "they were offered different rates (1,000/s; 2,000/s)"),
        ({"connections": 50}, "the load came on different numbers of connections (100; 50)"),
        ({"connection_per_request": True}, "one had a new connection for each request, the other kept them"),
    ],
)
def test_loads_that_differ_are_not_compared(make: Maker, changes: dict[str, Any], obstacle: str) -> None:
    assert compared(document(make), document(make, **changes)).obstacles == [obstacle]


@pytest.mark.parametrize("quota", ["2", "8", "max"])
def test_a_quota_that_takes_nothing_is_none(make: Maker, quota: str) -> None:
    assert compared(document(make), on_machine(document(make), limits={"cpu_quota_cores": quota})).obstacles == []


def test_what_has_no_figures_is_not_compared(make: Maker) -> None:
    doubtful = system("doubtful", make.run(LATE, trusted=False))
    made = bench(
        doubtful, system("dead", status="failed"), system("cut", make.run(interrupted=True), status="interrupted")
    )

    assert within(made, "doubtful", "dead").obstacles == [
        "the figures of doubtful cannot be trusted", "dead was not measured",
    ]  # fmt: skip
    assert within(made, "cut", "dead").obstacles == ["cut was interrupted", "dead was not measured"]


def test_runs_of_different_loads_are_no_repeats(make: Maker) -> None:
    one, two = repeated(make, "one", 1000, 1000), repeated(make, "two", 1000, 1000)
    faster = replace(two.runs[1], plan=replace(two.runs[1].plan, rate_per_s=2000.0))

    comparison = within(bench(one, replace(two, runs=[two.runs[0], faster])), "one", "two")

    assert comparison.obstacles == ["the runs of two were not offered the same"]


def test_two_systems_of_one_document_need_no_notes(make: Maker) -> None:
    made = bench(repeated(make, "one", 1000, 1001), repeated(make, "two", 1000, 1001))

    assert within(made, "one", "two").notes == []


def test_what_differs_and_does_not_forbid_it_is_noted(make: Maker) -> None:
    first = replace(document(make), versions={"nginx": "1.1", "same": "1"})
    other = replace(on_machine(document(make, url="http://h/x?y", processes=1, duration_s=30.0), name="two"),
                    versions={"nginx": "1.2", "same": "1", "new": "1"})  # fmt: skip
    whole = other.systems[0]
    cut = replace(whole, runs=[*whole.runs, replace(whole.runs[0], is_interrupted=True)])
    less = replace(first, systems=[replace(one, runs=[replace(run, result=replace(run.result, responses_good=2000))
                                                      for run in one.runs]) for one in first.systems])  # fmt: skip

    assert compared(less, replace(other, systems=[cut])).notes == [
        "They were asked for different paths: /agents and /x?y.",
        "They were measured for 20 s and 30 s: high percentiles and peaks depend on that.",
        "The load generator had 2 and 1 processes.",
        "They were measured one after the other: what changed on the machine in between is in the difference.",
        "The machines are of one kind, but not the same: unnamed, Linux 6; two, Linux 6.",
        "main answered 20 % of what was due well, branch 100 %: their latencies are not of the same requests.",
        "1 of 3 runs of branch are left out: not trusted, or cut short.",
        "Versions differ: nginx 1.1 and 1.2.",
    ]


def test_servers_of_unknown_machines_are_compared_with_a_note(make: Maker) -> None:
    elsewhere = replace(document(make), machine=None)

    assert "It is not known whether the servers were on one machine." in compared(elsewhere, document(make)).notes


def test_what_failed_at_last_is_compared_by_its_runs_before_that(make: Maker) -> None:
    failed = replace(repeated(make, "two", 1000, 1001), status="failed", reason="it ended.")

    comparison = within(bench(repeated(make, "one", 1000, 1001), failed), "one", "two")

    assert comparison.obstacles == []
    assert comparison.notes == ["two failed at last; these are its runs before that."]
