"""Which systems are benched. What becomes of them is in `e2e/test_bench.py`."""

from typing import Any

import pytest

from rush_hour.core.figures import TimelineRow
from rush_hour.errors import StartError, UsageError
from rush_hour.results.document import System
from rush_hour.rig import bench
from rush_hour.rig.bench import LoadSettings, choose
from rush_hour.rig.suite import Probe, Suite, SystemSpec

SUITE = Suite(
    name="s",
    title="S",
    probe=Probe(path="/"),
    systems=[SystemSpec(name=name, title=name, command="serve {port}") for name in ("one", "two", "three")],
)


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ((), ["one", "two", "three"]),
        (("two",), ["two"]),
        (("three", "one"), ["one", "three"]),
        (("two", "two"), ["two"]),
    ],
)
def test_the_systems_named_are_benched_in_the_suites_order(only: tuple[str, ...], chosen: list[str]) -> None:
    assert [system.name for system in choose(SUITE, only)] == chosen


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        choose(SUITE, ["one", "four"])
    assert str(caught.value) == "--only: expected one of one, two, three; got 'four'."

    with pytest.raises(UsageError) as caught:
        choose(SUITE, [""], what="SYSTEM")
    assert str(caught.value) == "SYSTEM: expected one of one, two, three; got ''."


class Heard:
    """A progress that notes what it is told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def step(self, text: str) -> None: ...

    def second(self, row: TimelineRow) -> None: ...

    def finished(self, entry: System) -> None: ...


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


@pytest.mark.parametrize(
    "error",
    [StartError("it is broken."), OSError(28, "No space left on device"), ValueError("embedded null byte")],
)
def test_whatever_goes_wrong_with_a_system_is_its_own_entry(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(bench, "running_system", fail)
    load = LoadSettings(rate_per_s=1.0, duration_s=1.0, warmup_s=0.0, connections=1, processes=1, timeout_s=1.0)
    rig: Any = None

    entry, probe = bench._Trial(SUITE.systems[0], SUITE.probe, load, rig, None, Heard(), "[1/3] one:").run()

    assert (entry.status, entry.reason) == ("failed", str(error))
    assert probe == SUITE.probe
