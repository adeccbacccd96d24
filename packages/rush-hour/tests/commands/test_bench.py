"""`rush-hour bench` up to the rig and from its result on. Whole benches are in `e2e/test_bench.py`."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from commands.in_process import Said, rush_hour
from profiles import profile_of
from rig.checkouts import committed

from rush_hour.commands import bench as bench_command
from rush_hour.core.arrivals import Constant
from rush_hour.core.profiled_arrivals import arrivals_of
from rush_hour.judge.compare.until import parse_until
from rush_hour.report.page_file import page
from rush_hour.results.document import (
    Document,
    MachineFacts,
    RepeatFacts,
    RequireFacts,
    SuiteFacts,
    System,
    SystemFigures,
)
from rush_hour.results.file import read_document, write_document
from rush_hour.results.resources import Resources, Usage
from rush_hour.results.run import LoadResult, PlanFacts, Run, Verdict
from rush_hour.rig.bench import Order
from rush_hour.rig.blocks import Repeats
from rush_hour.rig.load_settings import LoadSettings
from rush_hour.rig.machine import machine_facts
from rush_hour.rig.stack import RigOptions

Capture = pytest.CaptureFixture[str]

SUITE = """\
name = "small"
title = "Small ones"

[[requests]]
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
        self.published: list[SystemFigures] = []

    def run_bench(
        self, order: Order, options: RigOptions, *,
        keep: Callable[[Document], None], provenance: object, progress: object,  # noqa: ARG002  # as the real one
    ) -> None:  # fmt: skip
        self.suite = order.suite
        self.systems = [system.name for system in order.pairs.systems]
        self.loads.append(order.load)
        self.options.append(options)
        self.published = list(order.published)
        self.repeats = order.repeats
        self.resumed = order.resumed
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
    assert (options.suite_path, options.database_url, options.nginx) == (suite, None, None)


def test_requests_that_are_named_are_sent_alone(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    suite.write_text(f'{SUITE}\n[[requests]]\nname = "agents"\npath = "/agents"\n')
    asked = rig()

    assert rush_hour(capsys, "bench", suite, "--request", "agents").code == 0

    assert [request.path for request in asked.suite.requests] == ["/agents"]


def test_the_command_line_comes_before_the_suite(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    asked = rig()
    changes = ("-R4k", "-c400", "-t2", "-d5m", "--warmup", "0", "-T1s", "-w16", "--only", "two")
    more = ("--database", "postgresql:///x", "--nginx", "/bin/nginx", "--output", "out", "--server-threads", "8")

    rush_hour(capsys, "bench", suite, *changes, *more)

    assert asked.systems == ["two"]
    assert asked.loads == [
        LoadSettings(rate_per_s=4000.0, duration_s=300.0, warmup_s=0.0, connections=400, processes=2, timeout_s=1.0)
    ]
    assert (asked.suite.workers, asked.suite.threads) == (16, 8)
    [options] = asked.options
    assert options == RigOptions(
        suite_path=suite, logs=Path("out/logs"), database_url="postgresql:///x", nginx=Path("/bin/nginx")
    )


def test_the_result_is_reported_with_where_it_is(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    rig()

    said = rush_hour(capsys, "bench", suite, "--output", "out")

    assert said.out.startswith(
        "One holds 1,000/s: 99.9 % of the answers within 1.00 ms of when they were due.\n"
        "These figures can be trusted.\n\nSmall ones\n"
    )
    assert said.out.endswith("\npage: out/report.html; result: out/result.json; logs: out/logs\n")


@pytest.mark.parametrize(
    ("facts", "code", "end"),
    [
        (
            RequireFacts(all=["p99 < 2ms"]),
            0,
            "The requirement is met: p99 is 1.00 ms, < 2.00 ms.\n\nmet  p99 < 2ms  1.00 ms\n",
        ),
        (RequireFacts(all=["p99 < 1us"]), 1, "NOT MET  p99 < 1us  1.00 ms  1,000 times beyond\n"),
        (RequireFacts(all=["p99.99 < 1s"]), 4, "100,000 are needed\n"),
        (
            RequireFacts(all=["p99 < baseline"], baseline="two"),
            1,
            "NO DATA  p99 < baseline  1.00 ms  the baseline (two) was not measured\n",
        ),
        (RequireFacts(systems={"two": ["p99 < 1us"]}), 0, "logs: out/logs\n"),
    ],
)
def test_what_a_suite_requires_is_told_of_at_the_end_and_decides_the_exit_code(
    capsys: Capture, suite: Path, rig: Callable[..., Rig], *, facts: RequireFacts, code: int, end: str
) -> None:
    benched = rig()
    benched.document = replace(benched.document, require=facts)

    said = rush_hour(capsys, "bench", suite, "--output", "out")

    assert said.code == code
    assert said.out.endswith(end)


@pytest.mark.parametrize(("text", "code"), [("p99 < 2ms", 1), ("p99.99 < 1s", 1)])
def test_a_system_that_failed_comes_before_what_is_required(
    capsys: Capture, suite: Path, rig: Callable[..., Rig], text: str, code: int
) -> None:
    benched = rig(FAILED)
    benched.document = replace(benched.document, require=RequireFacts(all=[text]))

    assert rush_hour(capsys, "bench", suite).code == code


def test_where_nothing_could_be_measured_the_exit_code_says_that(
    capsys: Capture, suite: Path, rig: Callable[..., Rig]
) -> None:
    benched = rig(UNAVAILABLE)
    benched.document = replace(benched.document, systems=[UNAVAILABLE], require=RequireFacts(all=["p99 < 1s"]))

    assert rush_hour(capsys, "bench", suite).code == 3


def test_published_figures_are_read_for_the_result(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    (suite.parent / "old.toml").write_text(
        'source = "a talk"\n[[systems]]\nname = "one"\nrate_per_s = 4000\nduration_s = 1\nrequests = 4000\n'
        "non_2xx_or_3xx = 3000\nlatency_mean_us = 1\nlatency_max_us = 1\n"
    )
    suite.write_text(f'published = "old.toml"\n{SUITE}')
    benched = rig()

    rush_hour(capsys, "bench", suite)

    [figures] = benched.published
    assert (figures.name, figures.goodput_per_s, figures.bad_ratio) == ("one", 1000.0, 0.75)


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
    (suite.parent / "out" / f"result.json.{os.getpid()}.unfinished").mkdir()  # in the way of the file

    said = rush_hour(capsys, "bench", suite, "--output", "out")

    assert said.code == 1
    assert "\none " in said.out
    assert said.err == "rush-hour: out/result.json: the result cannot be written: Is a directory.\n"


def test_the_page_is_beside_the_result_and_a_disk_that_has_no_room_for_it_takes_nothing_else(
    capsys: Capture, suite: Path, rig: Callable[..., Rig], document: Document
) -> None:
    rig()
    assert rush_hour(capsys, "bench", suite, "--output", "out").code == 0
    assert Path("out/report.html").read_text(encoding="utf-8") == page([document])

    Path(f"full/report.html.{os.getpid()}.unfinished").mkdir(parents=True)  # in the way of the file
    said = rush_hour(capsys, "bench", suite, "--output", "full")

    assert (said.code, said.err) == (
        1, "rush-hour: full/report.html: the result cannot be written: Is a directory.\n"
    )  # fmt: skip
    assert read_document(Path("full/result.json")) == document


def test_ctrl_c_reports_what_is_finished(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    rig(error=KeyboardInterrupt())

    said = rush_hour(capsys, "bench", suite, "--output", "out")

    assert (said.code, said.err) == (130, "rush-hour: interrupted.\n")
    assert "\none " in said.out
    assert said.out.endswith("\npage: out/report.html; result: out/result.json; logs: out/logs\n")


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
        (("suite.toml", "--only", "three"), "--only: expected one of one, two, or a pattern of them; got 'three'."),
        (
            ("suite.toml", "--request", "x*"),
            "--request: expected one of GET /, or a pattern of them; got 'x*'.",
        ),
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
        (("wrong.toml",), "wrong.toml:1: expected a key 'requests', found none."),
        (("broken.toml",), "broken.toml: expected TOML; Invalid value (at line 1, column 8)."),
        ((), "SUITE: expected a file, got 'benchmarks/suites/published.toml'."),
        (("suite.toml", "--app", "a:b"), "--app: expected either an application or SUITE, got both."),
        (
            ("suite.toml", "--server", "uvicorn"),
            "--server: expected --app MODULE:OBJECT with it; a suite says this itself.",
        ),
        (
            ("suite.toml", "--venv", "."),
            "--venv: expected --app MODULE:OBJECT with it; a suite says this itself.",
        ),
        (("--app", "a/b.py:app"), "--app: expected MODULE:OBJECT, such as shop.main:app; got 'a/b.py:app'."),
        (("--app", "a:b", "--directory", "none"), "--directory: expected a directory, got 'none'."),
        (
            ("--app", "a:b", "--interface", "wsgi", "--server", "gunicorn", "--path", "agents"),
            "--path: expected a path that starts with '/', got 'agents'.",
        ),
        (
            ("--app", "a", "--interface", "wsgi"),
            "--app: expected MODULE:OBJECT, for --interface has nothing imported; got 'a'.",
        ),
        (("--app", "a:b", "--interface", "cgi"), "--interface: expected one of asgi, wsgi, got 'cgi'."),
        (("--app", "a:b", "--server", "uvicorn"), "a:b: there is no module 'a' in {directory}."),
        (
            ("--app", "a:b", "--interface", "wsgi"),
            (
                "--server: expected the server for a:b, one of gunicorn, api_hour, granian, uwsgi, waitress, cheroot, "
                "fastpysgi, mod_wsgi, gunicorn-gevent, gunicorn-meinheld, hypercorn-wsgi; got none."
            ),
        ),
    ],
)
def test_bad_input_is_told_in_one_line(capsys: Capture, suite: Path, arguments: tuple[str, ...], message: str) -> None:
    suite.with_name("wrong.toml").write_text('title = "t"')
    suite.with_name("broken.toml").write_text("name = small")

    told = message.replace("{directory}", str(suite.parent))
    assert rush_hour(capsys, "bench", *arguments) == Said(2, "", f"rush-hour: {told}\n")


def test_an_option_for_what_a_matrix_varies_is_refused(capsys: Capture, suite: Path) -> None:
    suite.write_text(f"{SUITE}\n[matrix]\nrate = [100, 200]\n")

    assert rush_hour(capsys, "bench", suite, "--workers", "2", "--rate", "5").err == (
        "rush-hour: --rate: the suite's matrix has values of its own for rate; choose among its systems with --only.\n"
    )


def test_each_system_of_a_matrix_may_have_another_load(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    suite.write_text(f"{SUITE}\n[matrix]\nconnections = [2, 1000]\n")
    asked = rig()

    assert rush_hour(capsys, "bench", suite, "--only", "two*", "--threads", "2").code == 0
    assert asked.systems == ["two-connections=2", "two-connections=1000"]
    assert rush_hour(capsys, "bench", suite, "-t3").err == (
        "rush-hour: --threads: expected at most as many as --connections (2), got 3.\n"
    )


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


def in_suite(path: Path, profile: str) -> None:
    """Let a suite have a profile in the place of rate and duration."""
    text = path.read_text().replace("rate = 250", f'profile = "{profile}"').replace('duration = "4s"\n', "")
    path.write_text(text)


def test_a_suites_profile_is_offered_to_all_its_systems(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    asked, profile = rig(), profile_of("ramp:100..300/20s")
    in_suite(suite, profile.text)

    assert rush_hour(capsys, "bench", suite).code == 0
    [load] = asked.loads
    assert (load.profile, load.rate_per_s, load.duration_s) == (profile, 200.0, 20.0)
    assert load.arrivals == arrivals_of(profile)


def test_a_profile_on_the_command_line_comes_before_the_suites_load(
    capsys: Capture, suite: Path, rig: Callable[..., Rig]
) -> None:
    asked, profile = rig(), profile_of("soak:5/8s")

    rush_hour(capsys, "bench", suite, "--load-profile", profile.text)
    in_suite(suite, "ramp:100..300/20s")
    rush_hour(capsys, "bench", suite, "--load-profile", profile.text)

    assert [(load.profile, load.duration_s) for load in asked.loads] == [(profile, 8.0)] * 2


def test_a_rate_on_the_command_line_comes_before_the_suites_profile(
    capsys: Capture, suite: Path, rig: Callable[..., Rig]
) -> None:
    asked = rig()
    in_suite(suite, "ramp:100..300/20s")

    rush_hour(capsys, "bench", suite, "-R40", "-d3s")

    [load] = asked.loads
    assert (load.profile, load.rate_per_s, load.duration_s) == (None, 40.0, 3.0)
    assert load.arrivals == Constant(rate_per_s=40.0)


def test_how_long_a_profile_takes_is_said_by_the_profile(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    rig()
    assert rush_hour(capsys, "bench", suite, "--load-profile", "soak:5/8s", "-R5", "-d3s") == Said(
        2,
        "",
        "rush-hour: --load-profile: expected no --rate or --duration with it: "
        "the profile says how many requests are due, and for how long.\n",
    )
    in_suite(suite, "ramp:100..300/20s")
    assert rush_hour(capsys, "bench", suite, "-d3s") == Said(
        2,
        "",
        "rush-hour: --duration: expected --rate with it: the suite has a profile (ramp:100..300/20s), which says for "
        "how long; with --rate the rate is constant.\n",
    )


def test_a_profile_in_a_file_stands_beside_the_suite_and_on_the_command_line_where_one_is(
    capsys: Capture, suite: Path, rig: Callable[..., Rig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = rig()
    (tmp_path / "day.toml").write_text("[[phases]]\nrate = 5\nduration = '3s'\n")
    in_suite(suite, "day.toml")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert rush_hour(capsys, "bench", suite).code == 0
    assert asked.loads[0].duration_s == 3.0
    assert rush_hour(capsys, "bench", suite, "--load-profile", "../day.toml").code == 0
    assert asked.loads[1].duration_s == 3.0


def test_repeats_are_asked_for_with_a_seed_that_is_recorded(
    capsys: Capture, suite: Path, rig: Callable[..., Rig]
) -> None:
    asked = rig()
    rush_hour(capsys, "bench", suite, "--repeats", "9", "--seed", "3", "--until", "p99 ±5%", "--budget", "30m")

    assert asked.repeats == Repeats(
        blocks=9, seed=3, until=parse_until("p99 ±5%", what="--until"), budget_s=1800.0
    )  # fmt: skip


def test_a_budget_alone_has_a_seed_of_its_own(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    asked = rig()

    rush_hour(capsys, "bench", suite, "--budget", "1h")

    assert asked.repeats is not None
    assert (asked.repeats.blocks, asked.repeats.budget_s) == (100, 3600.0)
    assert 0 <= asked.repeats.seed < 2**31


def test_without_repeats_each_system_is_started_once(capsys: Capture, suite: Path, rig: Callable[..., Rig]) -> None:
    asked = rig()

    rush_hour(capsys, "bench", suite)

    assert asked.repeats is None


@pytest.fixture
def begun(document: Document, suite: Path) -> Path:
    """The result of one block of two, by that suite."""
    [one] = document.systems
    plan = replace(
        one.runs[0].plan, rate_per_s=250.0, duration_s=4.0, warmup_s=1.0, connections=20, processes=1, timeout_s=3.0
    )
    path = suite.parent / "begun"
    path.mkdir()
    begun = replace(
        document,
        machine=machine_facts(),
        repeats=RepeatFacts(blocks=2, seed=11, until="p99 ±5%"),
        systems=[replace(one, runs=[replace(one.runs[0], plan=plan, block=1)])],
    )
    write_document(path / "result.json", begun)
    return path


def test_a_bench_is_gone_on_with_as_it_was_asked_for(
    capsys: Capture, suite: Path, begun: Path, rig: Callable[..., Rig]
) -> None:
    asked = rig()

    said = rush_hour(capsys, "bench", suite, "--resume", begun)

    assert said.code == 0
    assert asked.repeats == Repeats(blocks=2, seed=11, until=parse_until("p99 ±5%", what="--until"))
    assert asked.resumed is not None
    assert [run.block for run in asked.resumed.systems[0].runs] == [1]
    assert f"result: {begun / 'result.json'}" in said.out


def test_a_bench_is_gone_on_with_for_longer(capsys: Capture, suite: Path, begun: Path, rig: Callable[..., Rig]) -> None:
    asked = rig()

    rush_hour(capsys, "bench", suite, "--resume", begun, "--repeats", "5", "--until", "p50 ±1%")

    assert asked.repeats == Repeats(blocks=5, seed=11, until=parse_until("p50 ±1%", what="--until"))


ON = "on 20 connections of 1 processes for 4 s after 1 s, with a timeout of 3 s"
EXACTLY = "with how exactly it is to be known, as in 'p99 ±5%'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--resume", "begun", "--output", "x"), "--resume: expected no --output with it: it goes on where it ended."),
        (("--resume", "begun", "--seed", "1"), "--resume: expected no --seed with it: it goes on where it ended."),
        (("--resume", "none"), "none/result.json: the result cannot be read: No such file or directory."),
        (
            ("--resume", "begun", "-R", "9"),
            f"--resume: expected the load of one to be what it was, 250/s {ON}; got 9/s {ON}.",
        ),
        (
            ("--seed", "3"),
            ("--seed: expected --repeats, --until or --budget with it: it is of the order of systems in each block."),
        ),
        (("--repeats", "0"), "--repeats: expected a whole number above 0, such as 400 or 10k; got '0'."),
        (
            ("--until", "p98 ±1%"),
            f"--until: expected goodput, p50, p99, p99.9, cpu or memory {EXACTLY}; got 'p98 ±1%'.",
        ),
    ],
)
def test_repeats_that_are_wrong_are_told_before_anything_is_started(
    capsys: Capture, begun: Path, rig: Callable[..., Rig], arguments: tuple[str, ...], message: str
) -> None:
    asked = rig()

    assert rush_hour(capsys, "bench", begun.with_name("suite.toml"), *arguments) == Said(
        2, "", f"rush-hour: {message}\n"
    )
    assert asked.systems == []


def test_a_bench_without_repeats_is_gone_on_with_only_for_some(
    capsys: Capture, suite: Path, begun: Path, rig: Callable[..., Rig]
) -> None:
    rig()
    write_document(begun / "result.json", replace(read_document(begun / "result.json"), repeats=None))

    said = rush_hour(capsys, "bench", suite, "--resume", begun)

    assert said == Said(2, "", "rush-hour: --resume: expected --repeats with it: the bench had none.\n")


@pytest.mark.parametrize(("more", "blocks"), [((), 9), (("--repeats", "3"), 3), (("--budget", "1m"), 100)])
def test_pairs_are_repeated(
    capsys: Capture, suite: Path, rig: Callable[..., Rig], more: tuple[str, ...], blocks: int
) -> None:
    committed(suite.parent)
    asked = rig()

    assert rush_hour(capsys, "bench", suite, "--only", "one", "--paired", "git:main", *more).code == 0
    assert asked.systems == ["one@main", "one"]
    assert asked.repeats is not None
    assert asked.repeats.blocks == blocks
