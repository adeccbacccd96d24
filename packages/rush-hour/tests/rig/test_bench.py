"""Which systems are benched. What becomes of them is in `e2e/test_bench.py`."""

import pytest

from rush_hour.errors import UsageError
from rush_hour.rig.bench import choose
from rush_hour.rig.suite import Probe, Suite, SystemSpec

SUITE = Suite(
    name="s",
    title="S",
    probe=Probe(path="/"),
    systems=[SystemSpec(name=name, title=name, command="serve {port}") for name in ("one", "two", "three")],
)


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ((), ["one", "two", "three"]),
        (("two",), ["two"]),
        (("three", "one"), ["one", "three"]),
        (("two", "two"), ["two"]),
    ],
)
def test_the_systems_named_are_benched_in_the_suites_order(only: tuple[str, ...], chosen: list[str]) -> None:
    assert [system.name for system in choose(SUITE, only)] == chosen


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        choose(SUITE, ["one", "four"])
    assert str(caught.value) == "--only: expected one of one, two, three; got 'four'."

    with pytest.raises(UsageError) as caught:
        choose(SUITE, [""], what="SYSTEM")
    assert str(caught.value) == "SYSTEM: expected one of one, two, three; got ''."
