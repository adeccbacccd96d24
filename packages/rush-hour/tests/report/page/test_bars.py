"""Bars: their pieces add up."""

from dataclasses import replace

import pytest

from rush_hour.report.page.bars import bar_of, cpu_bar, offered_bar
from rush_hour.results.resources import Resources, Usage
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict


def test_each_request_due_is_in_one_piece(result: LoadResult) -> None:
    mixed = replace(result, responses_good=5000, responses_total=7000, errors={"timeout": 1000}, unanswered_at_end=2000)

    bar = offered_bar(mixed)

    assert [(piece.kind, piece.begin_percent, piece.width_percent) for piece in bar.segments] == [
        ("good", 0.0, 50.0), ("bad", 50.0, 20.0), ("failed", 70.0, 10.0), ("unanswered", 80.0, 20.0),
    ]  # fmt: skip
    assert bar.text == "5,000 good, 2,000 bad, 1,000 failed, 2,000 unanswered"


def test_what_there_is_none_of_has_no_piece(result: LoadResult) -> None:
    assert [piece.kind for piece in offered_bar(result).segments] == ["good"]
    assert bar_of([("good", 0.0, "0 good")], 1.0).text == "nothing"


def test_cpu_time_is_shown_by_role(plan: PlanFacts, result: LoadResult) -> None:
    used = Usage(cpu_s=1.0, max_rss_bytes=1)
    resources = Resources(server=used, proxy=None, database=used, generator=used)
    run = Run(plan=plan, result=result, verdict=Verdict(trusted=True), resources=resources)

    bar = cpu_bar(run, longest_us=400.0)

    assert [(piece.kind, piece.begin_percent) for piece in bar.segments] == [
        ("server", 0.0), ("database", 25.0), ("generator", 50.0),
    ]  # fmt: skip
    assert sum(piece.width_percent for piece in bar.segments) == pytest.approx(75.0)
