"""Delays between attempts: doubling, limited, shared out by chance."""

from hypothesis import given
from hypothesis import strategies as st

from api_hour.engines.backoff import Backoff


def test_delays_double_up_to_the_limit() -> None:
    backoff = Backoff(first_s=0.1, limit_s=1.0)

    assert [backoff.delay_s(failures, 0.0) for failures in range(1, 7)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


@given(failures=st.integers(1, 10**9), chance=st.floats(0, 1))
def test_a_delay_is_never_above_the_limit_and_chance_takes_at_most_a_half(failures: int, chance: float) -> None:
    backoff = Backoff()

    delay_s = backoff.delay_s(failures, chance)

    assert backoff.delay_s(failures, 0.0) / 2 <= delay_s <= backoff.limit_s
