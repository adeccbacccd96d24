"""The figures of a check for those that keep them: shapes, units, intervals, and only what can be trusted."""

import json
from typing import Any

from checked_systems import checked
from compared_systems import repeated
from made_systems import LATE, Maker, bench, load, system

from rush_hour.judge.require.finding import Check
from rush_hour.report.requirements.figures import bencher, benchmark_action, check_json
from rush_hour.results.run import RequestFigures

TEXTS = "p99 < 2ms, p99 < 3ms, good >= 99%, goodput > 1/s, errors < 1%, memory < 1GiB, max < 10ms"


def entries(done: Check, *, is_higher_better: bool) -> list[dict[str, Any]]:
    """What is written for github-action-benchmark: name, unit and value, and perhaps range and extra."""
    made: list[dict[str, Any]] = json.loads(benchmark_action(done, is_higher_better=is_higher_better))
    for one in made:
        assert {"name", "unit", "value"} <= one.keys() <= {"name", "unit", "value", "range", "extra"}
        assert isinstance(one["value"], float | int)
    return made


def test_each_figure_is_in_the_file_of_its_direction_once(make: Maker) -> None:
    done, url = checked(load(make.run()), TEXTS), make.plan.url

    smaller, bigger = entries(done, is_higher_better=False), entries(done, is_higher_better=True)

    assert [(one["name"], one["value"], one["unit"]) for one in smaller] == [
        (f"{url}: p99", 1.0, "ms"),
        (f"{url}: errors", 0.0, "%"),
        (f"{url}: max", 1.0, "ms"),
    ]
    assert [(one["name"], one["value"], one["unit"]) for one in bigger] == [
        (f"{url}: good", 100.0, "%"),
        (f"{url}: goodput", 1000.0, "/s"),
    ]
    assert smaller[0]["extra"] == "p99 < 2ms: met, 1 run"
    assert "range" not in smaller[0]


def test_repeats_have_a_range(make: Maker) -> None:
    done = checked(bench(repeated(make, "a", 1000, 1010, 990)), "p99 < 2ms")

    assert entries(done, is_higher_better=False) == [
        {"name": "a: p99", "unit": "ms", "value": 0.999967, "extra": "p99 < 2ms: met, 3 runs", "range": "± 0.024844"}
    ]


def test_bencher_has_a_benchmark_for_each_system_and_a_measure_for_each_figure(make: Maker) -> None:
    done = checked(bench(repeated(make, "a", 1000, 1010, 990), system("b", make.run())), "p99 < 2ms, goodput > 1/s")

    made = json.loads(bencher(done))

    assert made["b"] == {"p99 (ms)": {"value": 1.0}, "goodput (/s)": {"value": 1000.0}}
    assert made["a"]["p99 (ms)"] == {"value": 0.999967, "lower_value": 0.975431, "upper_value": 1.02512}


def test_bencher_takes_no_longer_names(make: Maker) -> None:
    name = "x" * 100
    request = make.run()
    done = checked(bench(system("y" * 2000, request)), f"p99[{name}] < 1s", "p50 < 1s")

    made = json.loads(bencher(done))

    assert [(len(one), max(map(len, measures))) for one, measures in made.items()] == [(1024, 8)]


def test_bencher_tells_long_names_apart_that_begin_alike(make: Maker) -> None:
    names = [f"GET /{'x' * 100}/{end}" for end in "ab"]
    figures = [
        RequestFigures(name=name, sent=9, good=9, bad=0, failed=0, latency_us=None, histogram_us=None) for name in names
    ]
    done = checked(load(make.run(requests=figures)), *(f"good[{name}] > 1%" for name in names))

    [measures] = json.loads(bencher(done)).values()

    assert [len(one) for one in measures] == [64, 64]
    assert all(one.startswith("good[GET /xxxxx") for one in measures)


def test_what_cannot_be_trusted_is_not_handed_on(make: Maker) -> None:
    done = checked(load(make.run(LATE, trusted=False)), TEXTS)

    assert entries(done, is_higher_better=False) == []
    assert json.loads(bencher(done)) == {}


def test_scripts_have_every_finding(make: Maker) -> None:
    done = checked(bench(repeated(make, "a", 1000, 1010, 990)), "p99 < 500us, memory < 1GiB @1h..")

    made = json.loads(check_json(done))

    assert made["exit_code"] == 1
    assert made["answer"].startswith("None of 2 requirements is met: p99 is ")
    assert made["requirements"] == [
        {
            "system": "a", "requirement": "p99 < 500us", "state": "not met", "value": 0.999967, "limit": 0.5,
            "unit": "ms", "beyond_ratio": 0.999933, "ratio_to_limit": {"low": 1.95086, "high": 2.05024}, "runs": 3,
            "reason": "",
        },
        {
            "system": "a", "requirement": "memory < 1GiB @1h..", "state": "no data", "value": None, "limit": 1024.0,
            "unit": "MiB", "beyond_ratio": None, "ratio_to_limit": None, "runs": 0,
            "reason": "the run has no whole second there",
        },
    ]  # fmt: skip
