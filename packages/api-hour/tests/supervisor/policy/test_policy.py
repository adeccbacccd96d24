"""What is computed from a daemon's policy alone."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from api_hour.config.worker_options import WorkerOptions
from api_hour.supervisor.policy.policy import LIFETIME_JITTER_RATIO, lifetime_s, request_limit, spread_ratio


def test_by_default_there_is_no_limit() -> None:
    assert request_limit(WorkerOptions(), 1) == 0
    assert lifetime_s(WorkerOptions(), 1) is None


@given(worker_id=st.integers(1, 10**9), jitter=st.integers(0, 1000))
def test_the_limit_of_requests_is_between_the_limit_and_the_jitter_more(worker_id: int, jitter: int) -> None:
    options = WorkerOptions(max_requests=100, max_requests_jitter=jitter)

    assert 100 <= request_limit(options, worker_id) <= 100 + jitter
    assert request_limit(options, worker_id) == request_limit(options, worker_id)


@given(worker_id=st.integers(1, 10**9))
def test_a_lifetime_is_at_most_what_was_asked_for_and_little_less(worker_id: int) -> None:
    found_s = lifetime_s(WorkerOptions(max_lifetime_s=1000.0), worker_id)

    assert found_s is not None
    assert 1000.0 - 1000.0 * LIFETIME_JITTER_RATIO <= found_s <= 1000.0


def test_workers_that_were_started_together_are_spread_evenly() -> None:
    ratios = sorted(spread_ratio(worker_id) for worker_id in range(1, 17))

    gaps = [later - earlier for earlier, later in pairwise(ratios)]
    assert min(gaps) > 0.02
    assert max(gaps) < 0.15
