"""A trial is gone on with only where everything is what it was."""

import re
from dataclasses import fields, replace
from typing import Any

import pytest
from made_systems import bench, system
from trial_documents import trial_document

from rush_hour.errors import UsageError
from rush_hour.results.document import Document, SuiteFacts
from rush_hour.results.run import LoadResult, PlanFacts
from rush_hour.results.trial import Trial
from rush_hour.rig.resuming import check_trial_resumable

FOUND_OUT = {"framework", "rounds", "took_s", "restart_spread", "contenders", "missing"}
OTHERS = {
    "target": "app:other",
    "interface": "other",
    "objective": "p99 < 1s",
    "budget_s": 1.0,
    "repeats": 7,
    "connections": 11,
    "most_connections": 11,
    "processes": 7,
    "timeout_s": 7.0,
    "cpus": [7],
    "load_cpus": [7],
    "seed": 7,
    "front": True,
}


@pytest.fixture
def document(plan: PlanFacts, result: LoadResult) -> Document:
    """A trial, with digests."""
    whole = trial_document(plan, result)
    facts = SuiteFacts(name="app", title="app", path="app", workers=2, digests={"a": "1", "b": "2"})
    return replace(whole, suite=facts)


def test_the_same_is_gone_on_with(document: Document) -> None:
    check_trial_resumable(document, document)


def test_all_that_is_asked_for_is_looked_at() -> None:
    assert {field.name for field in fields(Trial)} == FOUND_OUT | set(OTHERS)


@pytest.mark.parametrize(("name", "other"), OTHERS.items())
def test_whatever_is_asked_for_otherwise_is_refused(document: Document, name: str, other: Any) -> None:
    assert document.trial is not None
    begun = replace(document, trial=replace(document.trial, **{name: other}))

    with pytest.raises(UsageError, match=f"to be what it was, .*; got {re.escape(str(other))}"):
        check_trial_resumable(document, begun)


@pytest.mark.parametrize(
    ("digests", "message"),
    [
        ({"a": "1"}, "expected the contenders to be what it was, a and b; got a"),
        ({"a": "1", "b": "3"}, "expected b to be what it was: another server, command or environment"),
    ],
)
def test_other_contenders_are_refused(document: Document, digests: dict[str, str], message: str) -> None:
    assert document.suite is not None
    begun = replace(document, suite=replace(document.suite, digests=digests))

    with pytest.raises(UsageError, match=message):
        check_trial_resumable(document, begun)


def test_what_is_no_trial_is_refused(document: Document) -> None:
    with pytest.raises(UsageError, match="expected results of `rush-hour try`, got those of bench"):
        check_trial_resumable(bench(system("a")), document)
