from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.uniform import uniform


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=2**60))
def test_a_drawn_number_is_above_0_and_at_most_1_and_always_the_same(seed: int, number: int) -> None:
    assert 0 < uniform(seed, number) <= 1
    assert uniform(seed, number) == uniform(seed, number)
