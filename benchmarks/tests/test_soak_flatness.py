"""Memory and descriptors that count as flat, and those that do not."""

import pytest
from soak_flatness import Sample, compare

MIB = 1024 * 1024
RUN_S = 300.0


def samples(*, of_supervisor: bool, growth_bytes_per_s: float = 0.0, descriptors_per_s: float = 0.0) -> list[Sample]:
    """Return a process each second, a worker being 40 s old at the most."""
    return [
        Sample(
            at_s=float(at_s),
            age_s=float(at_s if of_supervisor else at_s % 40),
            is_supervisor=of_supervisor,
            pss_bytes=int(50 * MIB + at_s * growth_bytes_per_s),
            descriptors=int(20 + at_s * descriptors_per_s),
        )
        for at_s in range(int(RUN_S))
    ]


def grown(found: list[Sample]) -> list[str]:
    return [each.what for each in compare(found, RUN_S) if not each.is_flat]


def test_what_stays_is_flat() -> None:
    found = [*samples(of_supervisor=True), *samples(of_supervisor=False)]

    assert [each.what for each in compare(found, RUN_S)] == [
        "the supervisor's memory",
        "the supervisor's descriptors",
        "the workers' memory",
        "the workers' descriptors",
        "memory of workers 35 s old, after 10 s",
    ]
    assert grown(found) == []


@pytest.mark.parametrize(
    ("of_supervisor", "quantity", "what"),
    [
        (True, {"growth_bytes_per_s": 0.2 * MIB}, ["the supervisor's memory"]),
        (True, {"descriptors_per_s": 0.2}, ["the supervisor's descriptors"]),
        (False, {"growth_bytes_per_s": 0.2 * MIB}, ["the workers' memory"]),
        (False, {"descriptors_per_s": 0.2}, ["the workers' descriptors"]),
    ],
)
def test_what_grows_over_the_run_is_named(of_supervisor: bool, quantity: dict[str, float], what: list[str]) -> None:
    assert grown(samples(of_supervisor=of_supervisor, **quantity)) == what


def test_a_worker_that_grows_with_its_age_is_named_although_none_grows_old() -> None:
    found = [
        Sample(at_s=float(at_s), age_s=at_s % 40, is_supervisor=False, pss_bytes=(50 + at_s % 40) * MIB, descriptors=9)
        for at_s in range(int(RUN_S))
    ]

    assert grown(found) == ["memory of workers 35 s old, after 10 s"]


def test_workers_are_compared_with_those_of_the_same_age() -> None:
    """Young in the second third and old in the last, each as large as its age has it."""
    found = [
        Sample(at_s=at_s, age_s=age_s, is_supervisor=False, pss_bytes=int((50 + age_s / 10) * MIB), descriptors=9)
        for at_s in (float(at_s) for at_s in range(int(RUN_S)))
        for age_s in ((0.0, 1.0, 40.0) if at_s < RUN_S * 2 / 3 else (1.0, 40.0, 40.0))
    ]

    assert grown(found) == []


def test_a_short_run_is_not_judged() -> None:
    assert compare(samples(of_supervisor=True, growth_bytes_per_s=MIB), 60.0) == []
