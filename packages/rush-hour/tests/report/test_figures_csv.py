import csv
import io
from dataclasses import replace

from made_systems import LATE, Maker, bench, load, system, used
from profiled_runs import profiled_run

from rush_hour.report.figures_csv import figures_csv
from rush_hour.results.document import Document


def rows_of(*documents: Document) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(figures_csv(documents))))


def test_each_run_is_a_row_with_its_figures(make: Maker) -> None:
    resources = used(server=5.0, database=2.0)
    runs = [make.run(resources=resources), make.run(LATE, trusted=False, goodput_per_s=500.0)]

    first, second = rows_of(bench(system("a", *runs), label="before"))

    assert {key: first[key] for key in ("label", "kind", "system", "run", "verdict", "trusted", "doubts")} == {
        "label": "before", "kind": "bench", "system": "a", "run": "1", "verdict": "holds", "trusted": "true",
        "doubts": "",
    }  # fmt: skip
    assert (second["run"], second["verdict"], second["trusted"]) == ("2", "do not trust", "false")
    assert (second["doubts"], second["goodput_per_s"]) == ("generator-late", "500.0")
    assert (first["offered_per_s"], first["good_ratio"], first["latency_p99_9_us"]) == ("1000.0", "1.0", "1000")
    assert (first["server_cpu_us_per_good"], first["database_cpu_s"], first["proxy_cpu_s"]) == ("500.0", "2.0", "")
    assert second["server_cpu_s"] == ""


def test_a_system_without_a_run_is_a_row_too(make: Maker) -> None:
    rows = rows_of(bench(system("f", status="failed", reason="it ended.\n\nits log, all of it")), load(make.run()))

    assert [(row["system"], row["verdict"], row["goodput_per_s"]) for row in rows] == [
        ("f", "failed", ""),
        ("http://127.0.0.1:8008/agents", "holds", "1000.0"),
    ]
    assert rows[0]["reason"] == "it ended.\n\nits log, all of it"


def test_nothing_is_a_formula_for_a_spreadsheet() -> None:
    [row] = rows_of(bench(system("=1+1", status="failed", title='@SUM("x")', reason="-1")))

    assert (row["system"], row["title"], row["reason"]) == ("'=1+1", '\'@SUM("x")', "'-1")


def test_each_phase_of_a_profile_is_a_row_below_its_run(make: Maker) -> None:
    run, *phases = rows_of(load(profiled_run(make, "steps:100,500/4s", (400, 1500))))

    assert (run["profile"], run["phase"], run["offered_per_s"]) == ("steps:100,500/4s", "", "300.0")
    assert [
        [row[key] for key in ("run", "phase", "phase_begins_at_s", "offered_per_s", "requests_due", "responses_good")]
        for row in phases
    ] == [["1", "step 1", "0.0", "100.0", "400", "400"], ["1", "step 2", "4.0", "500.0", "2000", "1500"]]
    assert [(row["unanswered_at_end"], row["goodput_per_s"], row["good_ratio"]) for row in phases] == [
        ("0", "100.0", "1.0"),
        ("500", "375.0", "0.75"),
    ]
    assert {row["latency_p99_us"] for row in phases} == {"2000"}


def test_a_system_of_another_revision_has_the_commit_of_that(make: Maker) -> None:
    base = replace(system("app@main", make.run()), commit="abc")

    assert [row["commit"] for row in rows_of(bench(base, system("app", make.run()), commit="def"))] == ["abc", "def"]
