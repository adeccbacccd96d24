"""What samples of cores say together."""

import random

import pytest

from rush_hour.judge.health.noise import CoreSample, floor_us, noise_of


def sample(**changed: object) -> CoreSample:
    given: dict[str, object] = {
        "watched_us": 1e6,
        "pauses_us": [],
        "pieces_us": [1000.0, 1000.0],
        "late_us": [50.0, 60.0, 70.0],
    }
    return CoreSample(**(given | changed))  # type: ignore[arg-type]


def test_a_quiet_machine_has_no_noise() -> None:
    noise = noise_of([sample(), sample()], took_s=1.0)

    assert (noise.cores, noise.took_s, noise.steal_ratio) == (2, 1.0, None)
    assert (noise.longest_pause_us, noise.pauses_per_s, noise.paused_ratio) == (0.0, 0.0, 0.0)
    assert (noise.p99_floor_us, noise.p99_9_floor_us, noise.speed_variation_ratio) == (0.0, 0.0, 0.0)
    assert (noise.late_p50_us, noise.late_p99_us) == (60.0, 70.0)


def test_pauses_are_those_of_one_core_and_only_long_ones_are_counted() -> None:
    noise = noise_of([sample(pauses_us=[1000.0, 999.0, 20_000.0]), sample(pauses_us=[5000.0])], took_s=1.0)

    assert noise.longest_pause_us == 20_000.0
    assert noise.pauses_per_s == 1.5  # three in two seconds of cores
    assert noise.paused_ratio == pytest.approx(26_999 / 2e6)


def test_cores_that_differ_are_a_variation_as_well_as_times_that_do() -> None:
    same, slower = sample(pieces_us=[900.0, 900.0]), sample(pieces_us=[1100.0, 1100.0])

    assert noise_of([same, slower], took_s=1.0).speed_variation_ratio == pytest.approx(0.1)
    assert noise_of([sample(pieces_us=[900.0, 1100.0])], took_s=1.0).speed_variation_ratio == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("pauses_us", "share", "expected_us"),
    [
        ([], 0.01, 0.0),
        ([10_000.0], 0.01, 0.0),  # of a second: only the first instant of it has the whole wait
        ([10_001.0], 0.01, 1.0),
        ([20_000.0], 0.01, 10_000.0),
        ([20_000.0, 20_000.0], 0.01, 15_000.0),
        ([20_000.0, 5_000.0], 0.01, 10_000.0),  # the short one begins to count below 5 ms
        ([12_000.0, 8_000.0], 0.01, 5_000.0),
        ([500.0] * 4, 0.001, 250.0),
    ],
)
def test_the_floor_is_the_wait_that_a_share_of_all_instants_exceeds(
    pauses_us: list[float], share: float, expected_us: float
) -> None:
    assert floor_us(pauses_us, 1e6, share) == pytest.approx(expected_us)


def test_the_floor_is_what_who_comes_at_any_instant_waits_for() -> None:
    chance = random.Random(20261201)  # noqa: S311  # a simulation
    pauses_us = sorted((chance.expovariate(1 / 3000) for _ in range(30)), reverse=True)
    whole_us = 100_000.0 * len(pauses_us)  # one begins every 100 ms
    waits = []
    for _ in range(100_000):
        at_us = chance.uniform(0, whole_us)
        number, into_us = int(at_us // 100_000), at_us % 100_000
        waits.append(max(0.0, pauses_us[number] - into_us))
    waits.sort()

    assert floor_us(pauses_us, whole_us, 0.01) == pytest.approx(waits[99_000], rel=0.05)
    assert floor_us(pauses_us, whole_us, 0.001) == pytest.approx(waits[99_900], rel=0.1)
