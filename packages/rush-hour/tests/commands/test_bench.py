"""`rush-hour bench` up to the rig and from its result on. Whole benches are in `e2e/test_bench.py`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from commands.in_process import Said, rush_hour

from rush_hour.commands import bench as bench_command
from rush_hour.results.document import Document, MachineFacts, SuiteFacts, System
from rush_hour.results.resources import Resources, Usage
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict
from rush_hour.rig.bench import LoadSettings
from rush_hour.rig.stack import RigOptions
from rush_hour.rig.suite import Suite, SystemSpec

Capture = pytest.CaptureFixture[str]

SUITE = """\
name = "small"
title = "Small ones"

[probe]
path = "/"

[load]
rate = 250
connections = 20
processes = 1
duration = "4s"
warmup = "1s"
timeout = "3s"

[[systems]]
name = "one"
title = "One"
command = "serve {port}"

[[systems]]
name = "two"
title = "Two"
command = "serve {port}"
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite file, in the directory where commands run."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "suite.toml"
    path.write_text(SUITE)
    return path


class Rig:
    """Takes the place of the rig: notes what was asked of it, and writes the result that it was given."""

    def __init__(self, document: Document, error: BaseException | None) -> None:
        self.document = document
        self.error = error
        self.systems: list[str] = []
        self.loads: list[LoadSettings] = []
        self.options: list[RigOptions] = []

    def run_bench(
        self, _suite: Suite, systems: Sequence[SystemSpec], load: LoadSettings, options: RigOptions, *,
        keep: Callable[[Document], None], provenance: object, progress: object,  # noqa: ARG002  # as the real one
    ) -> None:  # fmt: skip
        self.systems = [system.name for system in systems]
        self.loads.append(load)
        self.options.append(options)
        keep(self.document)
        if self.error is not None:
            raise self.error


@pytest.fixture
def document(plan: PlanFacts, result: LoadResult) -> Document:
    """A bench of one system that holds."""
    usage = Usage(cpu_s=1.0, max_rss_bytes=1)
    one = System(
        name="one",
        title="One",
        status="ok",
        runs=[
            Run(
                plan=plan,
                result=result,
                verdict=Verdict(trusted=True),
                resources=Resources(server=usage, proxy=None, database=None, generator=usage),
            )
        ],
    )
    return Document(
        schema_version=2,
        kind="bench",
        started_at="2026-03-04T05:06:07+00:00",
        suite=SuiteFacts(name="small", title="Small ones", path="suite.toml", workers=2),
        machine=MachineFacts(cpu="x", cores=2, memory_bytes=1, kernel="6", system="L", limits={}),
        versions={},
        systems=[one],
    )


@pytest.fixture
def rig(monkeypatch: pytest.MonkeyPatch, document: Document) -> Callable[..., Rig]:
    """Put a rig in place that gives a known result."""

    def put(*systems: System, error: BaseException | None = None) -> Rig:
        rig = Rig(replace(document, systems=[*document.systems, *systems]), error)
        monkeypatch.setattr(bench_command, "run_bench", rig.run_bench)
        return rig

    return put


UNAVAILABLE = System(name="two", title="Two", status="unavailable", reason="no compiler.")
FAILED = System(name="two", title="Two", status="failed", reason="it ended.")


def test_the_suites_load_is_offered_to_all_its_systems(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    asked = rig()

    assert rush_hour(capsys, "bench", suite).code == 0

    assert asked.systems == ["one", "two"]
    assert asked.loads == [
        LoadSettings(rate_per_s=250.0, duration_s=4.0, warmup_s=1.0, connections=20, processes=1, timeout_s=3.0)
    ]
    [options] = asked.options
    assert (options.suite_path, options.workers, options.database_url, options.nginx) == (suite, None, None, None)


def test_the_command_line_comes_before_the_suite(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    asked = rig()
    changes = ("-R4k", "-c400", "-t2", "-d5m", "--warmup", "0", "-T1s", "-w16", "--only", "two")
    more = ("--database", "postgresql:///x", "--nginx", "/bin/nginx", "--output", "out")

    rush_hour(capsys, "bench", suite, *changes, *more)

    assert asked.systems == ["two"]
    assert asked.loads == [
        LoadSettings(rate_per_s=4000.0, duration_s=300.0, warmup_s=0.0, connections=400, processes=2, timeout_s=1.0)
    ]
    [options] = asked.options
    assert options == RigOptions(
        suite_path=suite, logs=Path("out/logs"), workers=16, database_url="postgresql:///x", nginx=Path("/bin/nginx")
    )


def test_the_result_is_reported_with_where_it_is(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    rig()

    said = rush_hour(capsys, "bench", suite, "--output", "out")

    assert said.out.startswith("Small ones\n")
    assert said.out.endswith("\nresult: out/result.json; logs: out/logs\n")


def test_published_figures_stand_in_the_report(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    (suite.parent / "old.toml").write_text(
        'source = "a talk"\n[[systems]]\nname = "one"\nrate_per_s = 4000\nduration_s = 1\nrequests = 4000\n'
        "non_2xx_or_3xx = 3000\nlatency_mean_us = 1\nlatency_max_us = 1\n"
    )
    suite.write_text(f'published = "old.toml"\n{SUITE}')
    rig()

    said = rush_hour(capsys, "bench", suite)

    assert "published against measured\n" in said.out
    assert "1,000" in said.out[said.out.index("published against measured") :]


def test_published_figures_that_are_not_there_are_told_first(
    capsys: Capture, suite: Path, rig: Callable[..., Rig]
) -> None:
    suite.write_text(f'published = "old.toml"\n{SUITE}')
    asked = rig()

    said = rush_hour(capsys, "bench", suite)

    path = suite.parent / "old.toml"
    assert said == Said(2, "", f"rush-hour: {path}: the file cannot be read: No such file or directory.\n")
    assert asked.systems == []


def test_a_system_that_is_unavailable_is_no_failure(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    rig(UNAVAILABLE)

    assert rush_hour(capsys, "bench", suite).code == 0


def test_a_bench_of_nothing_but_unavailable_systems_is_exit_code_3(
    capsys: Capture, suite: Path, rig: Callable[..., Rig], document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = Rig(replace(document, systems=[UNAVAILABLE]), None)
    monkeypatch.setattr(bench_command, "run_bench", alone.run_bench)

    assert rush_hour(capsys, "bench", suite).code == 3


def test_a_system_that_failed_is_exit_code_1(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    rig(FAILED)

    assert rush_hour(capsys, "bench", suite).code == 1


def test_figures_that_cannot_be_trusted_are_exit_code_4_unless_a_system_failed(
    capsys: Capture, suite: Path, rig: Callable[..., Rig], document: Document
) -> None:
    [one] = document.systems
    assert one.run is not None
    doubtful = replace(one, runs=[replace(one.run, verdict=Verdict(trusted=False))])
    rig(doubtful)
    assert rush_hour(capsys, "bench", suite).code == 4

    rig(doubtful, FAILED)
    assert rush_hour(capsys, "bench", suite).code == 1


def test_a_result_that_cannot_be_written_is_reported_all_the_same(
    capsys: Capture, suite: Path, rig: Callable[..., Rig]
) -> None:
    rig()
    (suite.parent / "out").mkdir()
    (suite.parent / "out" / "result.json.unfinished").mkdir()  # in the way of the file

    said = rush_hour(capsys, "bench", suite, "--output", "out")

    assert said.code == 1
    assert "\none " in said.out
    assert said.err == "rush-hour: out/result.json: the result cannot be written: Is a directory.\n"


def test_ctrl_c_reports_what_is_finished(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    rig(error=KeyboardInterrupt())

    said = rush_hour(capsys, "bench", suite, "--output", "out")

    assert (said.code, said.err) == (130, "rush-hour: interrupted.\n")
    assert "\none " in said.out
    assert said.out.endswith("\nresult: out/result.json; logs: out/logs\n")


def test_ctrl_c_before_the_first_system_is_finished_reports_nothing(
    capsys: Capture, suite: Path, rig: Callable[..., Rig], document: Document
) -> None:
    asked = rig(error=KeyboardInterrupt())
    asked.document = replace(document, systems=[])

    assert rush_hour(capsys, "bench", suite) == Said(130, "", "rush-hour: interrupted.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.toml",), "SUITE: expected a file, got 'none.toml'."),
        ((".",), "SUITE: expected a file, got '.'."),
        (("suite.toml", "--only", "three"), "--only: expected one of one, two; got 'three'."),
        (("suite.toml", "-t30"), "--threads: expected at most as many as --connections (20), got 30."),
        (
            ("suite.toml", "-R", "none"),
            "--rate: expected requests per second above 0, such as 500 or 2.5k; got 'none'.",
        ),
        (
            ("suite.toml", "-d", "none"),
            "--duration: expected a duration above 0, such as 10s, 500ms or 5m; got 'none'.",
        ),
        (("suite.toml", "-w0"), "--workers: expected a whole number above 0, such as 400 or 10k; got '0'."),
        (("suite.toml", "--output", "suite.toml"), "--output: suite.toml cannot be made: File exists."),
        (("suite.toml", "--database", "x"), "--database: expected postgresql://USER@HOST/DATABASE, got 'x'."),
        (("wrong.toml",), "wrong.toml:1: expected a key 'name', found none."),
        (("broken.toml",), "broken.toml: expected TOML; Invalid value (at line 1, column 8)."),
        ((), "SUITE: expected a file, got 'benchmarks/suites/published.toml'."),
    ],
)
def test_bad_input_is_told_in_one_line(capsys: Capture, suite: Path, arguments: tuple[str, ...], message: str) -> None:
    suite.with_name("wrong.toml").write_text('title = "t"')
    suite.with_name("broken.toml").write_text("name = small")

    assert rush_hour(capsys, "bench", *arguments) == Said(2, "", f"rush-hour: {message}\n")


def test_results_are_not_overwritten(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    rig()
    rush_hour(capsys, "bench", suite, "--output", "out")

    assert rush_hour(capsys, "bench", suite, "--output", "out") == Said(
        2, "", "rush-hour: --output: out has results already; name another directory.\n"
    )


def test_benches_that_begin_in_the_same_second_write_to_different_directories(
    capsys: Capture, suite: Path, rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Stopped":  # noqa: ARG003  # as the real one
            return cls(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    monkeypatch.setattr(bench_command, "datetime", Stopped)
    rig()

    for _ in range(3):
        assert rush_hour(capsys, "bench", suite).code == 0

    made = {path.parent.name for path in suite.parent.glob("rush-hour-results/*/result.json")}
    assert made == {f"small-2026-03-04T05-06-07Z{number}" for number in ("", "-2", "-3")}
