"""Ends of requests that the soak forgives, and those that it does not."""

from dataclasses import replace

import pytest
from soak_accounts import Accounts, Fault, Kill, Outcome, group_faults, is_forgiven

KILL = Kill(pid=7, at_s=100.0)
FAULT = Fault(what="upload", outcome=Outcome.LOST, worker=7, begun_at_s=99.0, ended_at_s=100.1, detail="closed")


@pytest.mark.parametrize("outcome", [Outcome.LOST, Outcome.RACED, Outcome.UNTOLD])
@pytest.mark.parametrize("worker", [7, None])
def test_what_was_in_flight_on_the_killed_worker_is_forgiven(outcome: Outcome, worker: int | None) -> None:
    assert is_forgiven(replace(FAULT, outcome=outcome, worker=worker), KILL)


@pytest.mark.parametrize(
    "fault",
    [
        replace(FAULT, worker=8),
        replace(FAULT, outcome=Outcome.WRONG),
        replace(FAULT, outcome=Outcome.HUNG),
        replace(FAULT, begun_at_s=90.0, ended_at_s=99.9),
        replace(FAULT, begun_at_s=100.6, ended_at_s=101.0),
        replace(FAULT, worker=None, begun_at_s=101.0, ended_at_s=102.0),
    ],
)
def test_nothing_else_is_forgiven(fault: Fault) -> None:
    assert not is_forgiven(fault, KILL)


def test_nothing_is_forgiven_when_none_was_killed() -> None:
    assert not is_forgiven(FAULT, None)


def test_each_request_is_counted_once_and_faults_are_grouped() -> None:
    accounts = Accounts()
    for outcome in (Outcome.RIGHT, Outcome.RIGHT, Outcome.LOST):
        accounts.note("upload", outcome)
    other = replace(FAULT, worker=8)
    accounts.faults += [FAULT, other]

    assert (accounts.total(), accounts.total(Outcome.RIGHT), accounts.total(Outcome.HUNG)) == (3, 2, 0)
    assert accounts.unforgiven(KILL) == [other]
    assert group_faults(accounts.faults) == {(Outcome.LOST, "upload"): [FAULT, other]}
    assert FAULT.in_words(90.0) == "from 9.00 to 10.10 s, worker 7: closed"
