from dataclasses import replace

import pytest
from made_systems import Maker, used

from rush_hour.judge.answer.limit import Limit, limit_of
from rush_hour.results.resources import ProcessUsage, Resources, Usage, UsageRow
from rush_hour.results.run import GeneratorUsage


@pytest.mark.parametrize(
    ("resources", "limit"),
    [
        (used(server=18.0), Limit(code="server-cpu")),
        (used(server=9.0, database=6.0, generator=4.0), Limit(code="machine-cpu", detail="47 % of it the server's")),
        (used(server=9.5, process_s=(9.5, 0.0)), Limit(code="server-process")),
        (used(server=9.5, process_s=(5.0, 4.5)), None),
    ],
)
def test_what_used_nearly_all_that_there_was_is_full(make: Maker, resources: Resources, limit: Limit | None) -> None:
    assert limit_of(make.run(resources=resources), cores=2) == limit


def test_what_others_used_fills_the_machine_too(make: Maker) -> None:
    run = replace(make.run(resources=used(server=15.0)), others_cpu_s=4.0)

    assert limit_of(run, cores=2) == Limit(code="machine-cpu", detail="79 % of it the server's")


@pytest.mark.parametrize("role", ["proxy", "database"])
def test_a_process_of_another_role_may_be_what_is_full(make: Maker, role: str) -> None:
    busy = Usage(cpu_s=9.5, max_rss_bytes=1, processes=[ProcessUsage(pid=1, name="x", cpu_s=9.5, max_rss_bytes=1)])
    resources = replace(used(server=1.0), **{role: busy})

    limit = limit_of(make.run(resources=resources), cores=4)

    assert limit is not None
    assert limit.code == f"{role}-process"
    assert limit.of_one == limit.of_several == f"a process of the {role} fills a core"


def test_time_is_that_for_which_somebody_looked(make: Maker) -> None:
    resources = used(server=9.5)
    watched = replace(resources.server, timeline=[UsageRow(at_s=5.0, cpu_s=9.5, rss_bytes=1)])

    assert limit_of(make.run(resources=replace(resources, server=watched)), cores=2) == Limit(code="server-cpu")


def test_without_cores_or_figures_nothing_of_the_machine_is_claimed(make: Maker) -> None:
    assert limit_of(make.run(resources=used(server=19.0)), cores=None) is None
    assert limit_of(make.run(), cores=2) is None


def test_a_server_that_may_not_use_all_cores_is_full_when_those_are(make: Maker) -> None:
    run = make.run(resources=used(server=19.0, generator=9.0))

    assert limit_of(run, cores=4, server_cores=2) == Limit(code="server-cpu")
    assert limit_of(run, cores=4) is None


def test_a_generator_that_is_full_comes_first(make: Maker) -> None:
    generator = GeneratorUsage(cpu_s=9.5, max_rss_bytes=1, processes=1, busiest_process_cpu_ratio=0.95)

    assert limit_of(make.run(generator=generator, resources=used(server=19.0)), cores=2) == Limit(code="generator")


def test_several_systems_have_words_of_their_own() -> None:
    assert (Limit(code="server-cpu").of_one, Limit(code="server-cpu").of_several) == (
        "its CPU is full",
        "their CPU is full",
    )
