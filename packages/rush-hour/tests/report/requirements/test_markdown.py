"""Checks as Markdown, and what a job summary may have."""

from checked_systems import checked
from made_systems import Maker, bench, load, system
from sample_documents import HOSTILE

from rush_hour.report.markdown import LIMIT_BYTES
from rush_hour.report.requirements.markdown import check_markdown


def test_a_check_is_an_answer_a_table_and_notes(make: Maker) -> None:
    done = checked(load(make.run()), "p99 < 500us, good >= baseline", baseline=load(make.run()))

    assert check_markdown(done).splitlines()[:7] == [
        "**1 of 2 requirements is not met: p99 is 1.00 ms, not &lt; 500 µs (100 % beyond).**",
        "",
        "| verdict | requirement | measured | limit | note |",
        "| -- | -- | --: | --: | -- |",
        "| NOT MET | p99 &lt; 500us | 1.00 ms |  | 100 % beyond |",
        "| met | good &gt;= baseline | 100 % | &gt;= 100 % |  |",
        "",
    ]


def test_names_are_text(make: Maker) -> None:
    text = check_markdown(checked(bench(system(HOSTILE, make.run()), system("b")), "p99 < 1us"))

    assert "<script" not in text
    assert "<img" not in text


def test_a_job_summary_is_within_its_limit(make: Maker) -> None:
    systems = [system(f"{number}{'x' * 1500}", make.run()) for number in range(800)]

    text = check_markdown(checked(bench(*systems), "p99 < 1us"))

    assert len(text.encode()) <= LIMIT_BYTES < 2**20
    assert text.endswith("The result file has all of it.*\n")
