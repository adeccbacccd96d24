"""Short runs of the load generator, with their sums checked."""

from dataclasses import replace
from pathlib import Path

from rush_hour.core.arrivals import Arrivals, Constant
from rush_hour.core.expectation import Expectation
from rush_hour.core.schedule import Schedule
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.run import Observer, run_load
from rush_hour.load.transport.address import Address
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import OneRequest, Request, build_request
from rush_hour.results.run import LoadResult

HELLO = Expectation(statuses=frozenset({200}), body=b"hello")


def plan_for(
    url: str,
    *,
    unix: Path | None = None,
    address: Address | None = None,
    rate_per_s: float = 200,
    arrivals: Arrivals | None = None,
    duration_s: float = 1.0,
    connections: int = 10,
    max_requests: int | None = None,
    **changes: object,
) -> LoadPlan:
    """Return a plan of 200 requests in one second on 10 connections of 2 processes."""
    parts = parse_url(url)
    schedule = Schedule(
        arrivals=arrivals or Constant(rate_per_s=rate_per_s),
        duration_s=duration_s,
        connections=connections,
        max_requests=max_requests,
    )
    plan = LoadPlan(
        url=url,
        destination=replace(destination_of(parts, unix=unix), known=address),
        requests=OneRequest(build_request(parts, expectation=HELLO)),
        schedule=schedule,
        processes=2,
        timeout_s=2.0,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]  # the changes are of its own fields


def request_of(plan: LoadPlan) -> Request:
    """Return the request of a plan that has one."""
    assert isinstance(plan.requests, OneRequest)
    return plan.requests.request


def run(url: str, *, observer: Observer | None = None, **changes: object) -> LoadResult:
    """Carry a plan out and return its result."""
    run = run_load(plan_for(url, **changes), observer)  # type: ignore[arg-type]
    assert not run.is_interrupted
    assert_accounted_for(run.result)
    return run.result


def assert_accounted_for(result: LoadResult) -> None:
    """Hold the sums against each other: nothing is counted twice, and nothing is lost."""
    assert result.requests_due == result.responses_total + sum(result.errors.values()) + result.unanswered_at_end
    assert result.unanswered_at_end >= 0
    assert result.responses_total == sum(result.responses_by_status.values())
    assert result.responses_bad == sum(result.responses_bad_by_status.values())
    if result.generator.durations_lost:
        return
    assert result.latency_us is None or result.latency_us.count == result.responses_good
    assert result.latency_bad_us is None or result.latency_bad_us.count == result.responses_bad
    assert result.send_lag_us is None or result.send_lag_us.count == result.requests_sent
    assert sum(row.sent for row in result.timeline) == result.requests_sent
    assert sum(row.good for row in result.timeline) == result.responses_good
    assert sum(row.failed for row in result.timeline) == sum(result.errors.values())
    assert result.read_lag_us is None or result.read_lag_us.count == result.responses_total


def assert_answered_well(result: LoadResult, due: int) -> None:
    """See that so many were due and each answer was good; a busy machine may leave some for after the end."""
    assert result.requests_due == due
    assert result.responses_good == due - result.unanswered_at_end > 0
    if result.requests:
        assert sum(one.good for one in result.requests) == result.responses_good
