"""Student's t beside published tables, and beside what follows from its definition."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.core.student import two_sided_p, two_sided_quantile

# NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2: one-sided 0.95, 0.975, 0.99, 0.995, 0.999.
LEVELS = (0.90, 0.95, 0.98, 0.99, 0.998)
TABLE = {
    1: (6.314, 12.706, 31.821, 63.657, 318.309),
    2: (2.920, 4.303, 6.965, 9.925, 22.327),
    3: (2.353, 3.182, 4.541, 5.841, 10.215),
    4: (2.132, 2.776, 3.747, 4.604, 7.173),
    5: (2.015, 2.571, 3.365, 4.032, 5.893),
    8: (1.860, 2.306, 2.896, 3.355, 4.501),
    10: (1.812, 2.228, 2.764, 3.169, 4.144),
    20: (1.725, 2.086, 2.528, 2.845, 3.552),
    30: (1.697, 2.042, 2.457, 2.750, 3.385),
    60: (1.671, 2.000, 2.390, 2.660, 3.232),
    100: (1.660, 1.984, 2.364, 2.626, 3.174),
}


@pytest.mark.parametrize("freedom", TABLE)
def test_quantiles_are_those_of_the_published_table(freedom: int) -> None:
    assert [round(two_sided_quantile(level, freedom), 3) for level in LEVELS] == pytest.approx(
        list(TABLE[freedom]), abs=0.0011
    )


@pytest.mark.parametrize("freedom", [1e5, 1e9])
def test_with_many_degrees_of_freedom_it_is_the_normal_distribution(freedom: float) -> None:
    assert two_sided_quantile(0.95, freedom) == pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-4)


@pytest.mark.parametrize("t", [0.0, 0.5, 1.0, 12.7, 1e6])
def test_of_one_degree_of_freedom_it_is_cauchys_distribution(t: float) -> None:
    assert two_sided_p(t, 1) == pytest.approx(1 - 2 * math.atan(t) / math.pi, abs=1e-12)


@pytest.mark.parametrize("t", [0.0, 0.5, 1.0, 4.3, 1e5])
def test_of_two_degrees_of_freedom_it_is_an_algebraic_function(t: float) -> None:
    assert two_sided_p(t, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t), abs=1e-10)


@given(level=st.floats(0.01, 0.9999), freedom=st.floats(1, 1000))
def test_quantile_and_chance_turn_each_other_round(level: float, freedom: float) -> None:
    assert two_sided_p(two_sided_quantile(level, freedom), freedom) == pytest.approx(1 - level, abs=1e-8)


def test_what_has_no_error_at_all_does_not_come_by_chance() -> None:
    assert two_sided_p(math.inf, 3) == 0.0
