"""What is said of a capacity, in a sentence or two."""

from dataclasses import replace
from typing import Any

import pytest
from made_capacities import capacity
from made_systems import Maker, bench

from rush_hour.judge.answer.answer import answer, answer_of
from rush_hour.results.capacity import CapacityStep, CliffFacts

NONE = {"rate_per_s": None, "low_per_s": None, "high_per_s": None}
MISSED = CapacityStep(run=0, purpose="lowest", verdict="not met", why=["p99 is 300 ms, not < 250 ms"], rate_per_s=5.0)
HIGHER = replace(MISSED, purpose="search", why=["p99 is 900 ms, not < 250 ms"], rate_per_s=100.0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "1,000/s (950–1,060) with p99 < 250ms, good >= 99.9%, then the server's CPU is full."),
        ({"gave_first": None}, "1,000/s (950–1,060) with p99 < 250ms, good >= 99.9%."),
        (
            {"ending": "interrupted"},
            (
                "1,000/s (950–1,060) with p99 < 250ms, good >= 99.9%, then the server's CPU is full; "
                "the search was interrupted."
            ),
        ),
        (
            {"ceiling": "generator", "at_least": True},
            "At least 1,000/s with p99 < 250ms, good >= 99.9%; the load generator can offer no more.",
        ),
        (
            {"ceiling": "max-rate", "at_least": True},
            "At least 1,000/s with p99 < 250ms, good >= 99.9%; more was not to be tried.",
        ),
        (
            {"ceiling": "max-rate", "at_least": True, "ending": "interrupted"},
            ("At least 1,000/s with p99 < 250ms, good >= 99.9%; more was not to be tried; the search was interrupted."),
        ),
        (
            {"at_least": True, "ending": "interrupted"},
            "At least 1,000/s with p99 < 250ms, good >= 99.9%; the search was interrupted.",
        ),
        (
            NONE | {"ending": "fails", "lowest_per_s": 5.0, "steps": [MISSED]},
            (
                "No rate was found with p99 < 250ms, good >= 99.9%; at 5/s already it is missed: "
                "p99 is 300 ms, not < 250 ms."
            ),
        ),
        (
            NONE | {"ending": "fails", "lowest_per_s": 5.0, "steps": [replace(MISSED, why=[])]},
            "No rate was found with p99 < 250ms, good >= 99.9%; at 5/s already it is missed.",
        ),
        (
            NONE
            | {"ending": "budget", "lowest_per_s": 2.0, "steps": [MISSED, replace(HIGHER, rate_per_s=None), HIGHER]},
            (
                "No rate was found with p99 < 250ms, good >= 99.9%; at 5/s already it is missed: "
                "p99 is 300 ms, not < 250 ms."
            ),
        ),
        (
            NONE | {"ending": "fails", "lowest_per_s": 5.0, "steps": [replace(HIGHER, rate_per_s=None)]},
            "No rate was found with p99 < 250ms, good >= 99.9%; at 5/s already it is missed.",
        ),
        (
            NONE | {"ending": "interrupted"},
            "What it holds with p99 < 250ms, good >= 99.9% is not known: the search was interrupted.",
        ),
        (NONE | {"steps": []}, "What it holds with p99 < 250ms, good >= 99.9% is not known."),
        (
            {"cliff": CliffFacts(rate_per_s=1200.0, goodput_per_s=300.0, best_per_s=1000.0)},
            (
                "1,000/s (950–1,060) with p99 < 250ms, good >= 99.9%, then the server's CPU is full. "
                "Above that is a cliff: at 1,200/s only 300/s of 1,000/s are answered well."
            ),
        ),
    ],
)
def test_the_answer_says_what_was_found(make: Maker, changes: dict[str, Any], sentence: str) -> None:
    assert answer(capacity(make, **changes)) == sentence


def test_a_server_that_died_is_said_to(make: Maker) -> None:
    document = capacity(make, ending="failed", gave_first=None)
    [system] = document.systems
    dead = replace(document, systems=[replace(system, status="failed", reason="the server ended.\nIts log")])

    assert answer(dead) == "1,000/s (950–1,060) with p99 < 250ms, good >= 99.9%. Then it ended: the server ended."


def test_several_are_told_apart_by_name_beside_what_is_no_capacity(make: Maker) -> None:
    one, two = capacity(make, gave_first=None), capacity(make, name="two", gave_first=None)

    assert answer_of([one, two, bench(make.holding("three"))]) == (
        "three holds 1,000/s: 99.9 % of the answers within 9.71 ms of when they were due. "
        "one: 1,000/s (950–1,060) with p99 < 250ms, good >= 99.9%. "
        "two: 1,000/s (950–1,060) with p99 < 250ms, good >= 99.9%."
    )
