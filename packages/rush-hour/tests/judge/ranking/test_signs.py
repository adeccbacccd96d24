from dataclasses import replace

import pytest

from rush_hour.judge.ranking.signs import busiest_ratio, growing_memory, uneven_workers
from rush_hour.results.resources import ProcessUsage, Resources, Usage, UsageRow
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict

MIB = 2**20


@pytest.fixture
def run(plan: PlanFacts, result: LoadResult) -> Run:
    return Run(plan=plan, result=result, verdict=Verdict(trusted=True))


def process(pid: int, *, answers: int | None, connections: int | None = None) -> ProcessUsage:
    return ProcessUsage(pid=pid, name="x", cpu_s=1.0, max_rss_bytes=1, connections=connections, answers=answers)


def usage(*rss_bytes: int) -> Usage:
    rows = [UsageRow(at_s=number + 1.0, cpu_s=0.1, rss_bytes=rss) for number, rss in enumerate(rss_bytes)]
    return Usage(cpu_s=1.0, max_rss_bytes=max(rss_bytes), timeline=rows)


def with_memory(run: Run, *rss_bytes: int) -> Run:
    resources = Resources(server=usage(*rss_bytes), proxy=None, database=None, generator=usage(1))
    return replace(run, resources=resources)


def test_memory_that_rises_all_along_is_told_with_what_an_answer_costs(run: Run) -> None:
    answers = run.result.responses_total
    said = growing_memory([with_memory(run, *(MIB * (100 + 10 * second) for second in range(12)))])

    assert said is not None
    assert said.startswith("its memory grows: from 130 MiB to 210 MiB, ")
    assert said.endswith(" for each answer." if answers else "210 MiB.")


@pytest.mark.parametrize(
    "mebibytes",
    [
        [100] * 12,  # stays
        [100, 105, 110, 112, 112, 112, 112, 112, 112, 112, 112, 112],  # grew when it began
        [100, 180, 100, 190, 100, 180, 100, 190, 100, 180, 100, 190],  # up and down
        [100, 200, 300],  # too short to say
    ],
)
def test_memory_that_does_not_grow_is_not_told(run: Run, mebibytes: list[int]) -> None:
    assert growing_memory([with_memory(run, *(MIB * size for size in mebibytes))]) is None


def test_the_busiest_process_is_known_by_answers_or_else_by_connections() -> None:
    by_answers = [process(1, answers=30), process(2, answers=70), process(3, answers=0)]
    by_connections = [process(1, answers=None, connections=1), process(2, answers=None, connections=3)]

    assert busiest_ratio(Usage(cpu_s=1.0, max_rss_bytes=1, processes=by_answers)) == pytest.approx(0.7)
    assert busiest_ratio(Usage(cpu_s=1.0, max_rss_bytes=1, processes=by_connections)) == pytest.approx(0.75)
    assert busiest_ratio(Usage(cpu_s=1.0, max_rss_bytes=1, processes=[process(1, answers=None)])) is None


@pytest.mark.parametrize(
    ("ratio", "workers", "said"),
    [
        (0.9, 2, "one worker of 2 gave 90 % of the answers."),
        (0.55, 2, None),
        (1.0, 1, None),
        (1.0, None, None),
        (None, 2, None),
    ],
)
def test_one_worker_with_much_more_than_its_share_is_told(
    ratio: float | None, workers: int | None, said: str | None
) -> None:
    assert uneven_workers(ratio, workers, "worker") == said
