import json
import re
from typing import Any

from made_capacities import capacity
from made_systems import Maker, bench

from rush_hour.report.page.knees import knee_figures, knees_of
from rush_hour.report.page.page import render_page


def figures_in(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_a_capacity_has_a_knee_and_other_documents_have_none(make: Maker) -> None:
    assert knees_of([bench(make.holding("a"))]) == []

    [knee] = knees_of([capacity(make)])
    assert (knee.title, len(knee.rows), knee.roles) == ("One", 4, ["server", "generator"])


def test_what_is_drawn_is_a_point_for_each_rate_and_the_interval(make: Maker) -> None:
    [drawn] = knee_figures([capacity(make)])

    assert drawn == {
        "interval": [950.0, 1060.0],
        "rate_per_s": 1000.0,
        "rates": [800.0, 1000.0, 1100.0, 1200.0],
        "good_per_s": [800.0, 1000.0, 1000.0, 1000.0],
        "p50_us": [2_000.0, 5_000.0, 87_500.0, 112_500.0],
        "p99_us": [8_000.0, 20_000.0, 350_000.0, 450_000.0],
        "cores": {"server": [1.5] * 4, "generator": [0.1] * 4},
    }


def test_the_page_has_the_knee_as_a_table_and_as_pictures(make: Maker) -> None:
    page = render_page([capacity(make)])

    assert '<p class="answer">1,000/s (950–1,060) with p99 &lt; 250ms' in page
    assert '<h2 id="knee-heading-1">The knee</h2>' in page
    assert page.count('data-plot="knee-') == 3
    assert "p99 is 450 ms, not &lt; 250 ms" in page
    assert figures_in(page)["knees"] == knee_figures([capacity(make)])
    assert len(figures_in(page)["systems"]) == 1


def test_a_page_without_a_capacity_has_no_knee(make: Maker) -> None:
    page = render_page([bench(make.holding("a"))])

    assert "knee-heading" not in page
    assert figures_in(page)["knees"] == []


def test_knees_of_several_are_told_apart_and_one_without_runs_has_no_table(make: Maker) -> None:
    page = render_page([capacity(make), capacity(make, name="two", runs=[], steps=[])])

    assert "The knee: One" in page
    assert "The knee: Two" in page
    assert page.count('data-plot="knee-') == 3
