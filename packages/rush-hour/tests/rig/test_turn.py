"""One start of a system: what becomes of one that goes wrong, and who looks on."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rig.heard_progress import Heard

from rush_hour.errors import StartError
from rush_hour.load.workload.specs import RequestSpec
from rush_hour.load.workload.wanted import Wanted
from rush_hour.results.evidence import LogLine, PartLog
from rush_hour.rig import turn as turn_module
from rush_hour.rig.load_settings import LoadSettings
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.shared import Rig
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.rig.turn import Turn
from rush_hour.rig.watch.database_activity import DatabaseActivitySampling
from rush_hour.rig.watch.profiling import Profiler, Profiling

SUITE = Suite(
    name="s",
    title="S",
    requests=[RequestSpec(path="/")],
    systems=[SystemSpec(name=name, title=name, command="serve {port}") for name in ("one", "two", "three")],
)


@pytest.mark.parametrize(
    "error",
    [StartError("it is broken."), OSError(28, "No space left on device"), ValueError("embedded null byte")],
)
def test_whatever_goes_wrong_with_a_system_is_its_own_entry_with_the_end_of_its_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(turn_module, "running_system", fail)
    load = LoadSettings(rate_per_s=1.0, duration_s=1.0, warmup_s=0.0, connections=1, processes=1, timeout_s=1.0)
    (tmp_path / "one.log").write_text("last words\n")
    rig: Any = SimpleNamespace(logs=tmp_path, suite_directory=tmp_path)

    wanted = [Wanted(statuses=frozenset({200}))]
    turn = Turn(SUITE.systems[0], SUITE, wanted, load, rig, None, Heard(), "[1/3] one:")
    entry = turn.run()

    assert (entry.status, entry.reason) == ("failed", str(error))
    assert turn.wanted is wanted
    last_words = LogLine(number=1, text="last words")
    assert entry.logs == [PartLog(role="server", name="one.log", lines=[last_words], lines_total=1)]


@pytest.mark.parametrize(
    ("database_url", "profiler", "kinds"),
    [
        (None, None, []),
        ("postgresql:///run", None, [DatabaseActivitySampling]),
        (
            "postgresql:///run",
            Profiler(program=Path("py-spy"), version="py-spy"),
            [DatabaseActivitySampling, Profiling],
        ),
    ],
    ids=["no database", "a database", "a database and --profile"],
)
def test_the_database_is_looked_at_and_a_profiler_asked_for_where_there_is_one(
    tmp_path: Path, database_url: str | None, profiler: Profiler | None, kinds: list[type]
) -> None:
    with RunDirectory() as run_directory:
        rig = Rig(
            run_directory=run_directory,
            suite_directory=tmp_path,
            logs=tmp_path,
            workers=2,
            threads=1,
            backlog=128,
            nginx=None,
            database_url=database_url,
            profiler=profiler,
        )
        load: Any = None
        running: Any = SimpleNamespace(server=None, notes=[])
        turn = Turn(SUITE.systems[0], SUITE, None, load, rig, None, Heard(), "[1/3] one:")

        assert [type(onlooker) for onlooker in turn._onlookers(running)] == kinds
