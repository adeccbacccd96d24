"""A bench before its first system, or gone on with; whole ones: `e2e/test_bench.py` and `e2e/test_repeats.py`."""

from dataclasses import replace

import pytest
from made_systems import Maker, system
from made_systems import bench as made_bench
from rig.heard_progress import Heard

from rush_hour.results.document import RepeatFacts, SuiteFacts
from rush_hour.rig import bench


@pytest.mark.parametrize(
    ("ratio", "warnings"),
    [
        (0.62, ["62 % busy: figures will not be trusted; go on in 5 s, Ctrl-C to stop"]),
        (0.2, []),
    ],
)
def test_a_busy_machine_is_said_before_the_bench(
    monkeypatch: pytest.MonkeyPatch, ratio: float, warnings: list[str]
) -> None:
    slept_s: list[float] = []
    monkeypatch.setattr("time.sleep", slept_s.append)
    heard = Heard()

    bench._warn_if_busy(ratio, heard)

    assert (heard.warnings, slept_s) == (warnings, [5.0] if warnings else [])


def test_a_bench_that_is_gone_on_with_has_its_runs_and_the_repeats_of_now(make: Maker) -> None:
    suite = SuiteFacts(name="s", title="S", path="s.toml", workers=2, digests={"a": "1"})
    left_out = replace(suite, digests={"a": "1", "c": "3"})  # of the last one there is no run
    before = replace(made_bench(system("a", make.run())), suite=left_out, repeats=RepeatFacts(blocks=2, seed=5))
    anew = replace(
        made_bench(),
        suite=replace(suite, threads=1, digests={"a": "1", "b": "2"}),
        repeats=RepeatFacts(blocks=7, seed=5, budget_s=60.0),
    )

    document = bench._gone_on_with(before, anew)

    assert document.repeats == RepeatFacts(blocks=7, seed=5, budget_s=60.0)
    assert (document.suite, document.systems) == (anew.suite, before.systems)
