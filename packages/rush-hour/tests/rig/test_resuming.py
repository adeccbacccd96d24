"""Going on with a bench: what is kept, and why another one is not gone on with."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from made_systems import Maker, bench, system

from rush_hour.errors import UsageError
from rush_hour.load.workload.specs import RequestSpec
from rush_hour.results.document import Document, SuiteFacts
from rush_hour.rig.load_settings import LoadSettings
from rush_hour.rig.resuming import check_resumable, resumed
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec

SYSTEMS = [SystemSpec(name=name, title=name, command="serve {port}") for name in ("a", "b")]
SUITE = Suite(name="s", title="S", requests=[RequestSpec(path="/")], systems=SYSTEMS)
LOAD = LoadSettings(rate_per_s=1000.0, duration_s=10.0, warmup_s=0.0, connections=100, processes=2, timeout_s=2.0)


@pytest.fixture
def document(make: Maker) -> Document:
    """A bench of that suite and load."""
    suite = SuiteFacts(name="s", title="S", path="s.toml", workers=2, threads=1, digests={"a": "1", "b": "2"})
    return replace(bench(system("a", make.run())), suite=suite)


def check(document: Document, load: LoadSettings = LOAD) -> None:
    assert document.machine is not None
    machine = bench().machine or document.machine
    check_resumable(document, SUITE, SYSTEMS, load, machine=machine, digests={"a": "1", "b": "2"})


def test_whole_runs_are_kept_with_their_blocks_and_what_failed_has_its_turn_again(make: Maker) -> None:
    runs = [make.run(), replace(make.run(), block=4), make.run(interrupted=True)]
    made = bench(
        system("a", *runs, status="interrupted", reason="Ctrl-C"), system("b", status="failed", reason="it ended.")
    )

    [kept] = resumed(made).systems

    assert (kept.name, kept.status, kept.reason) == ("a", "ok", None)
    assert [run.block for run in kept.runs] == [1, 4]


def test_the_same_bench_is_gone_on_with(document: Document) -> None:
    check(document)
    check(replace(document, systems=[]))
    assert document.suite is not None
    check(replace(document, suite=replace(document.suite, threads=None, digests={})))  # as older ones are


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda made: replace(made, suite=replace(made.suite, name="t")),
            "--resume: expected the suite to be what it was, t; got s.",
        ),
        (lambda made: replace(made, suite=None), "--resume: expected the suite to be what it was, None; got s."),
        (
            lambda made: replace(made, systems=[system("c"), system("d")]),
            "--resume: expected all of its systems; c and d would be left out.",
        ),
        (
            lambda made: replace(made, suite=replace(made.suite, workers=4)),
            "--resume: expected --workers to be what it was, 4; got 2.",
        ),
        (
            lambda made: replace(made, suite=replace(made.suite, threads=8)),
            "--resume: expected --server-threads to be what it was, 8; got 1.",
        ),
        (
            lambda made: replace(made, suite=replace(made.suite, digests={"a": "0", "b": "2"})),
            (
                "--resume: expected a to be what it was; the suite has another table of it now, other requests, or "
                "another database. Begin anew, without --resume."
            ),
        ),
        (
            lambda made: replace(made, machine=replace(made.machine, cores=64)),
            "--resume: expected the machine to be what it was, 64 cores of Fast; got 2 cores of Fast.",
        ),
    ],
)
def test_another_bench_is_not_gone_on_with(
    document: Document, change: Callable[[Document], Document], message: str
) -> None:
    with pytest.raises(UsageError) as raised:
        check(change(document))

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("change", "came"),
    [
        ({"connections": 50}, "50 connections of 2 processes for 10 s after 0 s, with a timeout of 2 s"),
        ({"timeout_s": 1.0}, "100 connections of 2 processes for 10 s after 0 s, with a timeout of 1 s"),
    ],
)
def test_another_load_is_not_gone_on_with(document: Document, change: dict[str, float], came: str) -> None:
    with pytest.raises(UsageError) as raised:
        check(document, replace(LOAD, **change))  # type: ignore[arg-type]  # of its own fields

    assert str(raised.value) == (
        "--resume: expected the load of a to be what it was, 1,000/s on 100 connections of 2 processes for 10 s after "
        f"0 s, with a timeout of 2 s; got 1,000/s on {came}."
    )
