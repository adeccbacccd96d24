"""What a bench with repeats does next."""

from collections import Counter
from dataclasses import replace

import pytest
from compared_systems import repeated
from made_systems import Maker, bench, system

from rush_hour.judge.compare.until import parse_until
from rush_hour.results.document import Document, RepeatFacts
from rush_hour.rig.blocks import Repeats, ended_because, joined, missing_of, order_of, turns_left

NAMES = ["a", "b", "c"]


def of_blocks(make: Maker, *blocks: int, name: str = "a") -> Document:
    return bench(system(name, *(replace(make.run(), block=block) for block in blocks)))


def test_each_order_comes_as_often_as_any_other() -> None:
    orders = Counter("".join(order_of(NAMES, seed, block)) for seed in range(100) for block in range(1, 61))

    assert len(orders) == 6
    assert max(orders.values()) < 1.1 * 1000


def test_the_same_seed_gives_the_same_order() -> None:
    orders = [[order_of(NAMES, seed, block) for block in range(1, 20)] for seed in (1, 1, 2)]

    assert orders[0] == orders[1] != orders[2]


def test_a_system_without_a_run_in_a_block_has_its_turn_unless_it_failed(make: Maker) -> None:
    made = of_blocks(make, 1, 3)
    made = replace(made, systems=[*made.systems, system("b", status="failed"), system("c", status="unavailable")])

    assert missing_of(made, [*NAMES, "d"], 1) == ["d"]
    assert missing_of(made, [*NAMES, "d"], 2) == ["a", "d"]


def test_turns_that_are_left_are_counted(make: Maker) -> None:
    repeats = Repeats(blocks=3, seed=1)

    assert turns_left(None, NAMES, None) == 3
    assert turns_left(None, NAMES, repeats) == 9
    assert turns_left(of_blocks(make, 1, 2), NAMES, repeats) == 7
    assert turns_left(None, NAMES, replace(repeats, budget_s=1.0)) is None


@pytest.mark.parametrize(
    ("blocks_done", "elapsed_s", "why"),
    [
        (0, 100.0, None),
        (2, 40.0, None),
        (2, 40.1, "another block would take longer than 1m altogether"),
    ],
)
def test_a_block_that_would_end_after_the_budget_is_not_begun(
    blocks_done: int, elapsed_s: float, why: str | None
) -> None:
    repeats = Repeats(blocks=9, seed=1, budget_s=60.0)

    assert ended_because(repeats, [], blocks_done=blocks_done, elapsed_s=elapsed_s) == why
    unlimited = Repeats(blocks=9, seed=1)
    assert ended_because(unlimited, [], blocks_done=blocks_done, elapsed_s=elapsed_s) is None


def test_no_block_is_begun_when_all_is_known_exactly_enough(make: Maker) -> None:
    repeats = Repeats(blocks=9, seed=1, until=parse_until("p99 ±5%", what="--until"))
    systems = [repeated(make, "a", *[1000] * 5), repeated(make, "b", *[1000] * 5)]

    assert ended_because(repeats, systems, blocks_done=5, elapsed_s=1.0) == "p99 ±5% is reached"
    assert ended_because(repeats, [*systems, repeated(make, "c", 1000)], blocks_done=5, elapsed_s=1.0) is None


def test_a_turn_is_added_to_its_system_in_the_suites_order(make: Maker) -> None:
    first, second = replace(make.run(), block=1), replace(make.run(), block=2)
    before = replace(system("b", first), versions={"x": "1"}, notes=["one"], command_line="b --serve")
    made = joined(joined(bench(), before, NAMES), system("a", make.run()), NAMES)

    made = joined(made, replace(system("b", second), notes=["one", "two"]), NAMES)

    assert [one.name for one in made.systems] == ["a", "b"]
    b = made.systems[1]
    assert (b.runs, b.notes, b.versions, b.command_line) == ([first, second], ["one", "two"], {"x": "1"}, "b --serve")


def test_a_system_that_failed_once_has_failed_and_keeps_its_runs(make: Maker) -> None:
    made = joined(of_blocks(make, 1), system("a", status="failed", reason="it ended."), NAMES)

    [a] = made.systems
    assert (a.status, a.reason, len(a.runs)) == ("failed", "it ended.", 1)


def test_a_document_has_what_was_asked_for_and_why_it_ended() -> None:
    repeats = Repeats(blocks=9, seed=7, until=parse_until("cpu +-1%", what="--until"), budget_s=60.0)

    assert repeats.facts("it is late") == RepeatFacts(
        blocks=9, seed=7, until="cpu +-1%", budget_s=60.0, ended_because="it is late"
    )
    assert Repeats(blocks=2, seed=7).facts() == RepeatFacts(blocks=2, seed=7)
