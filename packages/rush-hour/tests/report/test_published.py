from dataclasses import replace
from pathlib import Path

import pytest

from rush_hour.core.figures import DurationSummary
from rush_hour.errors import UsageError
from rush_hour.report.published import Comparison, compare
from rush_hour.results.document import SCHEMA_VERSION, Document, SuiteFacts, System, SystemFigures
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict
from rush_hour.rig.published import read_published

PUBLISHED = """\
source = "a talk"

[[systems]]
name = "slow"
rate_per_s = 4000
duration_s = 300
requests = 1_200_000
non_2xx_or_3xx = 900_000
latency_mean_us = 121_080
latency_max_us = 2.66e6
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of published figures."""
    path = tmp_path / "published.toml"
    path.write_text(PUBLISHED)
    return path


def system_of(name: str, run: Run | None) -> System:
    return System(name=name, title=name, status="ok" if run else "failed", runs=[] if run is None else [run])


def document_of(path: Path, *systems: System) -> Document:
    suite = SuiteFacts(name="s", title="S", path="s.toml", workers=1, published=read_published(path))
    return Document(schema_version=SCHEMA_VERSION, kind="bench", suite=suite, systems=list(systems))


SLOW = SystemFigures(
    name="slow", rate_per_s=4000.0, requests_per_s=4000.0, goodput_per_s=1000.0, bad_ratio=0.75, mean_us=121_080.0,
    max_us=2_660_000.0,
)  # fmt: skip


def test_goodput_is_computed_from_the_published_errors(path: Path) -> None:
    assert read_published(path) == [SLOW]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("requests = 1_200_000", "requests = 0", "7: systems[0].requests: expected 'int' >= 1, got 0."),
        ("duration_s = 300", "duration_s = 0", "6: systems[0].duration_s: expected 'float' > 0.0, got 0."),
        ("requests = 1_200_000", "requests = 'many'", "7: systems[0].requests: expected 'int', got 'str': 'many'."),
        ("non_2xx_or_3xx = 900_000\n", "", "3: systems[0]: expected a key 'non_2xx_or_3xx', found none."),
    ],
)
def test_a_wrong_file_is_told_with_line_and_key(path: Path, old: str, new: str, what: str) -> None:
    path.write_text(PUBLISHED.replace(old, new))

    with pytest.raises(UsageError) as caught:
        read_published(path)

    assert str(caught.value) == f"{path}:{what}"


def test_a_system_that_was_not_measured_has_its_published_figures_alone(path: Path) -> None:
    [comparison] = compare(document_of(path, system_of("slow", None)))

    assert comparison == Comparison(name="slow", published=SLOW, measured=None)


def test_a_document_without_a_suite_has_nothing_to_compare_with() -> None:
    assert compare(Document(schema_version=SCHEMA_VERSION, kind="load", systems=[system_of("slow", None)])) == []


def test_systems_are_compared_by_name_in_the_published_order(path: Path) -> None:
    table = PUBLISHED[PUBLISHED.index("[[") :]
    path.write_text(PUBLISHED + table.replace('"slow"', '"gone"') + table.replace('"slow"', '"fast"'))

    rows = compare(document_of(path, system_of("fast", None), system_of("unknown", None), system_of("slow", None)))

    assert [row.name for row in rows] == ["slow", "fast"]


def summary(mean: float, maximum: int, count: int) -> DurationSummary:
    return DurationSummary(
        mean=mean, stdev=0, p50=0, p75=0, p90=0, p95=0, p99=0, p99_9=0, p99_99=0, max=maximum, count=count
    )


def test_measured_latencies_are_of_all_answers_as_wrk2s_are(path: Path, plan: PlanFacts, result: LoadResult) -> None:
    measured = replace(
        result, responses_total=1000, responses_good=250, goodput_per_s=25.0, elapsed_s=10.0,
        latency_us=summary(400.0, 5000, 250), latency_bad_us=summary(100.0, 9000, 750),
    )  # fmt: skip

    [row] = compare(
        document_of(path, system_of("slow", Run(plan=plan, result=measured, verdict=Verdict(trusted=True))))
    )

    assert row.measured == SystemFigures(
        name="slow",
        rate_per_s=1000.0,
        requests_per_s=100.0,
        goodput_per_s=25.0,
        bad_ratio=0.75,
        mean_us=175.0,
        max_us=9000,
    )


def test_a_system_that_answered_nothing_has_no_latencies(path: Path, plan: PlanFacts, result: LoadResult) -> None:
    silent = replace(
        result, responses_total=0, responses_good=0, goodput_per_s=0.0, latency_us=None, latency_bad_us=None
    )

    [row] = compare(document_of(path, system_of("slow", Run(plan=plan, result=silent, verdict=Verdict(trusted=True)))))

    assert row.measured == SystemFigures(
        name="slow", rate_per_s=1000.0, requests_per_s=0.0, goodput_per_s=0.0, bad_ratio=0.0, mean_us=None, max_us=None
    )
