"""The load that systems of a matrix are offered."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from rush_hour.rig.load_settings import LoadSettings, highest_per_s, load_of
from rush_hour.rig.suite.system_spec import SystemSpec

SYSTEM = SystemSpec(name="one", title="One", command="serve {port}")
LOAD = LoadSettings(rate_per_s=10.0, duration_s=1.0, warmup_s=0.0, connections=5, processes=1, timeout_s=1.0)


@pytest.mark.parametrize(
    ("matrix", "rate_per_s", "connections"),
    [(None, 10.0, 5), ({"workers": [2]}, 10.0, 5), ({"rate": [400], "connections": [20]}, 400, 20)],
)
def test_a_system_of_a_matrix_is_offered_what_the_matrix_says(
    matrix: dict[str, Any] | None, rate_per_s: float, connections: int
) -> None:
    assert load_of(structs.replace(SYSTEM, matrix=matrix), LOAD) == replace(
        LOAD, rate_per_s=rate_per_s, connections=connections
    )


def test_the_highest_rate_is_that_of_all_or_of_none() -> None:
    assert highest_per_s([LOAD, LOAD]) == 10.0
    assert highest_per_s([LOAD, replace(LOAD, rate_per_s=20.0)]) is None


def test_a_load_is_told_of_as_a_plan_is() -> None:
    assert LOAD.offered == "10/s"
