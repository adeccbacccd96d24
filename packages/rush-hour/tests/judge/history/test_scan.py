"""The energy statistic, beside scipy's; and p, which is what it says."""

import numpy as np
import pytest

from rush_hour.judge.history.scan import SIDE, energies, scan


def test_the_statistic_is_the_energy_distance_that_scipy_has() -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy has no wheel for this Python")
    values = np.random.default_rng(20261201).normal(size=15).astype(np.float32)
    found = energies(values, np.arange(15)[:, None])[:, 0]

    for place, one in enumerate(found, start=SIDE):
        weight = place * (15 - place) / 15
        assert one == pytest.approx(weight * stats.energy_distance(values[:place], values[place:]) ** 2, rel=1e-4)


def test_permutations_of_values_are_looked_at_as_if_they_were_series() -> None:
    rng = np.random.default_rng(20261202)
    values, order = rng.normal(size=9).astype(np.float32), rng.permutation(9)

    assert energies(values, order[:, None])[:, 0] == pytest.approx(
        energies(values[order], np.arange(9)[:, None])[:, 0], rel=1e-4
    )


def test_p_is_below_a_level_as_often_as_it_says() -> None:
    rng = np.random.default_rng(20261203)
    level = 0.05
    below = [split.p <= level for _ in range(1000) if (split := scan(rng.normal(size=30), level)) is not None]

    assert 0.03 < np.mean(below) < 0.07


def test_a_step_is_where_it_is() -> None:
    rng = np.random.default_rng(20261204)
    split = scan(np.concatenate([rng.normal(0, 1, 20), rng.normal(9, 1, 12)]), 0.01)

    assert split is not None
    assert split.at == 20
    assert split.p < 0.01


@pytest.mark.parametrize("values", [[], [1.0, 2.0, 3.0], [5.0] * 30])
def test_what_has_no_two_sides_or_never_differs_has_no_place(values: list[float]) -> None:
    assert scan(np.array(values), 0.05) is None


def test_one_value_far_from_all_others_is_no_change() -> None:
    values = np.random.default_rng(20261205).normal(size=40)
    values[25] = 1000.0
    split = scan(values, 0.01)

    assert split is not None
    assert split.p > 0.01
