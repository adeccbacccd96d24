"""What was used between two looks at the clocks of processes."""

import pytest

from rush_hour.rig.watch.clocks import Clocks, busiest_between, used_between


def clocks(own_s: float, reaped_s: float = 0.0) -> Clocks:
    return Clocks(own_s=own_s, reaped_s=reaped_s)


PARENT, CHILD, OTHER = (1, 0), (2, 0), (3, 0)


@pytest.mark.parametrize(
    ("before", "now", "used_s"),
    [
        ({PARENT: clocks(1)}, {PARENT: clocks(3)}, 2),
        ({PARENT: clocks(1)}, {PARENT: clocks(1), CHILD: clocks(2)}, 2),
        ({PARENT: clocks(1)}, {PARENT: clocks(1, 4)}, 4),
        ({PARENT: clocks(1), CHILD: clocks(3)}, {PARENT: clocks(1, 4)}, 1),
        ({PARENT: clocks(1), CHILD: clocks(3)}, {PARENT: clocks(2)}, 1),
        ({PARENT: clocks(1, 5), CHILD: clocks(1, 2), OTHER: clocks(1)}, {PARENT: clocks(1, 10)}, 1),
        ({CHILD: clocks(3)}, {}, 0),
        ({}, {PARENT: clocks(2, 1)}, 3),
    ],
    ids=[
        "a process", "a new one", "one that came and went", "one that was seen and went", "one nobody waited for",
        "a family that went", "the last one", "all are new",
    ],
)  # fmt: skip
def test_what_has_ended_is_counted_once(
    before: dict[tuple[int, int], Clocks], now: dict[tuple[int, int], Clocks], used_s: float
) -> None:
    assert used_between(before, now) == used_s


@pytest.mark.parametrize(
    ("before", "now", "busiest"),
    [
        ({PARENT: clocks(1), CHILD: clocks(5)}, {PARENT: clocks(3), CHILD: clocks(6)}, (1, 2)),
        ({PARENT: clocks(1)}, {PARENT: clocks(2), CHILD: clocks(3)}, (2, 3)),
        ({PARENT: clocks(1), CHILD: clocks(3)}, {PARENT: clocks(2, 9)}, (1, 1)),
        ({PARENT: clocks(1)}, {PARENT: clocks(1, 4)}, (None, None)),
        ({PARENT: clocks(1)}, {PARENT: clocks(0.99)}, (None, None)),
        ({CHILD: clocks(3)}, {}, (None, None)),
    ],
    ids=[
        "two processes", "a new one", "one that went", "one that waited alone", "one that ended: a coarser clock",
        "none",
    ],
)  # fmt: skip
def test_the_busiest_is_the_one_that_used_most_itself(
    before: dict[tuple[int, int], Clocks], now: dict[tuple[int, int], Clocks], busiest: tuple[int | None, float | None]
) -> None:
    assert busiest_between(before, now) == busiest
