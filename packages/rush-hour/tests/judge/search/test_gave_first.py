from dataclasses import replace

import pytest
from made_systems import Maker, latency, used

from rush_hour.judge.search.gave_first import gave_first
from rush_hour.results.resources import ProcessUsage, Resources, Role, Usage
from rush_hour.results.run import Run


def first(*runs: Run, cores: int | None = 2, most: int = 1000) -> tuple[str, str] | None:
    found = gave_first(runs, cores=cores, most_connections=most)
    return None if found is None else (found.code, found.says)


@pytest.mark.parametrize(
    ("resources", "found"),
    [
        (used(server=19.0), ("server-cpu", "the server's CPU is full")),
        (
            used(server=10.0, database=9.0),
            ("machine-cpu", "the machine's CPU is full, 53 % of it the server's"),
        ),
        (used([9.5, 0.1], server=9.6), ("server-process", "one of the server's processes fills a core")),
    ],
)
def test_what_was_full_is_named(make: Maker, resources: Resources, found: tuple[str, str]) -> None:
    run = make.run(goodput_per_s=700.0, resources=resources)

    assert first(run) == found


def test_a_machine_that_other_programs_fill_is_not_the_servers_doing(make: Maker) -> None:
    run = make.run(goodput_per_s=700.0, resources=used(server=8.0))

    assert first(replace(run, others_cpu_s=11.0, others_cpu_ratio=0.55)) == (
        "other-load", "other programs fill the machine's CPU"
    )  # fmt: skip


@pytest.mark.parametrize("role", ["proxy", "database"])
def test_a_process_of_proxy_or_database_may_be_full(make: Maker, role: Role) -> None:
    process = ProcessUsage(pid=1, name="x", cpu_s=9.5, max_rss_bytes=1)
    busy = Usage(cpu_s=9.5, max_rss_bytes=1, processes=[process])
    resources = used(server=1.0)
    resources = replace(resources, proxy=busy) if role == "proxy" else replace(resources, database=busy)
    run = make.run(goodput_per_s=700.0, resources=resources)

    assert first(run) == (f"{role}-process", f"a process of the {role} fills a core")


def test_the_generator_may_be_full(make: Maker) -> None:
    run = make.run(generator=replace(make.result.generator, busiest_process_cpu_ratio=0.97))

    assert first(run) == ("generator", "the load generator is full")


def test_bad_answers_are_what_gave_where_nothing_is_full(make: Maker) -> None:
    run = make.run(responses_good=9_000, responses_by_status={"200": 9_000, "503": 1_000})

    assert first(run) == ("faults", "10 % of the answers were bad (status 503)")


def test_connections_gave_where_all_were_busy_and_there_may_be_no_more(make: Maker) -> None:
    run = make.run(service_time_us=replace(latency(200_000), mean=99_000.0))

    assert first(run, most=100) == ("connections", "all 100 connections are busy, and there may be no more")
    assert first(run, most=101) is None
    assert first(make.run(service_time_us=None), most=100) is None


def test_where_nothing_was_seen_nothing_is_said(make: Maker) -> None:
    assert first() is None
    assert first(make.run(), cores=None) is None


def test_the_run_nearest_to_the_capacity_that_shows_something_has_the_word(make: Maker) -> None:
    full = make.run(goodput_per_s=700.0, resources=used(server=19.0))
    far = replace(full, plan=replace(full.plan, rate_per_s=5000.0))

    assert first(make.run(), full) == ("server-cpu", "the server's CPU is full")
    assert first(make.run(), far) is None
