"""`rush-hour capacity`: options, documents, exit codes; its measurements are pretended here."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from commands.in_process import rush_hour
from e2e.small_systems import system, write_suite
from jsonschema import Draft202012Validator
from made_systems import Maker
from pretended_server import PretendedServer
from scripted_server import ScriptedServer

from rush_hour.commands import capacity_system
from rush_hour.errors import StartError
from rush_hour.results.document import Document
from rush_hour.results.file import json_schema, read_document
from rush_hour.results.run import Doubt
from rush_hour.rig.capacity import measurement as capacity_measurement
from rush_hour.rig.capacity import runs as capacity_runs
from rush_hour.rig.capacity.system_target import RunningTarget, running_target

Capture = pytest.CaptureFixture[str]
Serve = Callable[..., ScriptedServer]
Pretend = Callable[..., PretendedServer]


@pytest.fixture
def url(serve: Serve) -> str:
    """The address of a server that answers `hello`."""
    return serve().url


@pytest.fixture
def pretend(make: Maker, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Put a pretended server in the place of all measurements, and its clock in that of the search."""

    def put(**changes: object) -> PretendedServer:
        server = PretendedServer(make, **changes)  # type: ignore[arg-type]
        monkeypatch.setattr(capacity_runs, "measure", server.measure)
        for init in (capacity_runs.Runs.__init__, capacity_measurement.Measurement.__init__):
            monkeypatch.setattr(init, "__defaults__", (server.clock,))
        return server

    return put


def document_in(path: Path) -> Document:
    Draft202012Validator(json_schema()).validate(json.loads(path.read_text()))
    return read_document(path)


def test_a_capacity_is_printed_and_written_as_result_and_page(
    capsys: Capture, url: str, pretend: Pretend, tmp_path: Path
) -> None:
    pretend()

    said = rush_hour(capsys, "capacity", url, "--json", tmp_path / "r.json", "--html", tmp_path / "r.html")

    document = document_in(tmp_path / "r.json")
    assert (said.code, document.kind) == (0, "capacity")
    assert document.capacity is not None
    assert document.capacity.ending == "found"
    assert document.capacity.rate_per_s == pytest.approx(1000, rel=0.05)
    assert len(document.capacity.steps) == len(document.systems[0].runs)
    assert document.systems[0].name == url
    assert said.out.splitlines()[0].endswith(" with p99 < 250ms, good >= 99.9%.")
    assert said.err.splitlines()[0].startswith("one after the other: 1,000/s, p50 250 µs; 298 s left")
    assert "The knee" in (tmp_path / "r.html").read_text()

    again = rush_hour(capsys, "report", tmp_path / "r.json", "--format", "text")
    assert (again.code, again.out) == (0, said.out)


def test_options_reach_the_search_and_the_load(capsys: Capture, url: str, pretend: Pretend, tmp_path: Path) -> None:
    server = pretend()

    said = rush_hour(
        capsys, "capacity", url, "--slo", "p50 < 1s, good > 99%", "--budget", "10m", "--step", "5s", "--confirm", "20s",
        "--precision", "10%", "--max-rate", "2k", "-c", "20", "-t", "4", "--warmup", "2s", "-T", "1s",
        "--arrivals", "poisson", "--seed", "7", "--label", "now", "--json", tmp_path / "r.json",
    )  # fmt: skip

    document = document_in(tmp_path / "r.json")
    found = document.capacity
    assert (said.code, document.label) == (0, "now")
    assert found is not None
    assert (found.objective, found.budget_s, found.precision) == ("p50 < 1s, good > 99%", 600.0, 0.1)
    assert (found.step_s, found.confirm_s) == (5.0, 20.0)
    step = server.plans[-1].facts()
    assert (step.connections, step.processes, step.warmup_s, step.timeout_s) == (20, 4, 2.0, 1.0)
    assert (step.arrivals, step.duration_s) == ("poisson", 20.0)
    assert max(run.plan.rate_per_s or 0 for run in document.systems[0].runs) <= 2000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--slo", "p98 < 1s"), "--slo: clause 'p98 < 1s': expected a metric (p99?): p50, p75"),
        (
            ("--slo", "p99 <= baseline * 1.1"),
            "--slo: clause 'p99 <= baseline * 1.1': expected a value: a capacity has no baseline.",
        ),
        (("--precision", "5"), "--precision: expected a share above 0% and below 100%, such as 2%; got '5'."),
        (("--precision", "0.1%"), "--precision: expected a share from 1% to 50%, such as 5%; got '0.1%'."),
        (("--budget", "0"), "--budget: expected a duration above 0, such as 10s, 500ms or 5m; got '0'."),
        (
            ("--max-connections", "5"),
            "--max-connections: expected at least as many as --connections (10), got 5.",
        ),
        (("-t", "20"), "--threads: expected at most as many as --connections (10), got 20."),
        (("--json", "x", "--html", "x"), "--html: expected another file than that of --json, got 'x'."),
        (("-s", __file__, "--html", __file__), "--html: expected another file than that of --script, got "),
        (
            ("--suite", __file__),
            "URL: expected either a URL, or a system that is started (--suite, --app), got both.",
        ),
        (
            ("--app", "a:b"),
            "URL: expected either a URL, or a system that is started (--suite, --app), got both.",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_measured(
    capsys: Capture, url: str, pretend: Pretend, arguments: tuple[str, ...], message: str
) -> None:
    server = pretend()

    said = rush_hour(capsys, "capacity", url, *arguments)

    assert (said.code, said.out, server.plans) == (2, "", [])
    assert said.err.startswith(f"rush-hour: {message}")


def test_it_needs_a_url_or_a_system(capsys: Capture) -> None:
    said = rush_hour(capsys, "capacity")

    assert (said.code, said.err) == (
        2, "rush-hour: URL: expected a URL, or --suite FILE, or --app MODULE:OBJECT; got none.\n"
    )  # fmt: skip


def test_a_suite_says_itself_what_is_sent(capsys: Capture, tmp_path: Path) -> None:
    suite = write_suite(tmp_path, system("a", "fine", 8000))

    said = rush_hour(capsys, "capacity", "--suite", suite, "--method", "POST")

    assert (said.code, said.err) == (
        2,
        ("rush-hour: URL: expected one with options of requests and connections: a suite says what is sent itself.\n"),
    )


@pytest.fixture
def varied(tmp_path: Path, free_port: int) -> Path:
    """A suite whose matrix has rates and connections."""
    return write_suite(tmp_path, "[matrix]\nrate = [50, 60]\nconnections = [7, 9]\n", system("a", "fine", free_port))


def test_a_system_of_a_matrix_has_its_connections_and_its_rate_is_looked_for(
    capsys: Capture, varied: Path, pretend: Pretend, tmp_path: Path
) -> None:
    server = pretend()

    said = rush_hour(
        capsys, "capacity", "--suite", varied, "--system", "a-rate=50-connections=7", "--json", tmp_path / "r.json"
    )

    assert said.code == 0
    assert {plan.schedule.connections for plan in server.plans[1:2]} == {7}
    [one] = document_in(tmp_path / "r.json").systems
    assert one.notes[0] == "the rate of 50/s in the suite's matrix is not used: it is looked for."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--system", "a-rate=50-connections=7", "-c", "20"),
            (
                "--connections: the suite's matrix has values of its own for connections; choose among its systems "
                "with --system."
            ),
        ),
        (("--system", "b"), "--system: expected one of a-rate=50-connections=7, a-rate=50-connections=9, "),
        (
            ("--system", "a-rate=50-connections=7", "-t", "8"),
            "--threads: expected at most as many as --connections (7), got 8.",
        ),
    ],
)
def test_what_does_not_go_with_a_matrix_is_said_with_the_options_of_this_command(
    capsys: Capture, varied: Path, arguments: tuple[str, ...], message: str
) -> None:
    said = rush_hour(capsys, "capacity", "--suite", varied, *arguments)

    assert said.code == 2
    assert said.err.startswith(f"rush-hour: {message}")


def test_a_capacity_that_cannot_be_trusted_has_an_exit_code_of_its_own(
    capsys: Capture, url: str, pretend: Pretend
) -> None:
    other = Doubt(code="other-load", message="other programs took 40% of the machine's CPU.", hint="Measure again.")
    pretend(doubts=lambda _rate_per_s: [other])

    said = rush_hour(capsys, "capacity", url)

    assert said.code == 4
    assert said.out.splitlines()[1] == "Do not trust these figures: other programs used the machine."


def test_ctrl_c_prints_and_writes_what_was_found(capsys: Capture, url: str, pretend: Pretend, tmp_path: Path) -> None:
    pretend(interrupted_at=9)

    said = rush_hour(capsys, "capacity", url, "--json", tmp_path / "r.json")

    document = document_in(tmp_path / "r.json")
    assert said.code == 130
    assert document.systems[0].status == "interrupted"
    assert document.capacity is not None
    assert document.capacity.rate_per_s is not None
    assert said.out.splitlines()[0].endswith("; the search was interrupted.")


def test_ctrl_c_that_comes_twice_loses_nothing_of_what_was_found(
    capsys: Capture, pretend: Pretend, tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(interrupted_at=9)
    suite = write_suite(tmp_path, system("a", "fine", free_port))
    ended_by: list[type[BaseException] | None] = []

    @contextmanager
    def interrupted_again(*arguments: Any, **keywords: Any) -> Iterator[RunningTarget]:
        with running_target(*arguments, **keywords) as running:
            try:
                yield running
            except BaseException as error:
                ended_by.append(type(error))
                raise
        raise KeyboardInterrupt

    monkeypatch.setattr(capacity_system, "running_target", interrupted_again)

    said = rush_hour(capsys, "capacity", "--suite", suite, "--json", tmp_path / "r.json")

    document = document_in(tmp_path / "r.json")
    assert (said.code, ended_by) == (130, [KeyboardInterrupt])
    assert document.capacity is not None
    assert document.capacity.ending == "interrupted"
    assert len(document.systems[0].runs) == 9


def test_a_server_that_dies_is_a_failure_with_what_was_found(
    capsys: Capture, url: str, pretend: Pretend, tmp_path: Path
) -> None:
    def die(number: int) -> None:
        if number == 6:
            raise StartError("no connection to it could be opened: ECONNREFUSED.")

    pretend(on_run=die)

    said = rush_hour(capsys, "capacity", url, "--json", tmp_path / "r.json")

    document = document_in(tmp_path / "r.json")
    assert said.code == 1
    assert (document.systems[0].status, len(document.systems[0].runs)) == ("failed", 6)
    assert said.out.splitlines()[0].endswith("Then it ended: no connection to it could be opened: ECONNREFUSED.")


def test_a_server_that_is_not_there_is_told_as_by_load(capsys: Capture, free_port: int) -> None:
    said = rush_hour(capsys, "capacity", f"http://127.0.0.1:{free_port}/")

    assert (said.code, said.err) == (
        3, f"rush-hour: URL: unable to connect to 127.0.0.1:{free_port}: Connection refused.\n"
    )  # fmt: skip


def test_files_that_cannot_be_written_are_told_each(
    capsys: Capture, url: str, pretend: Pretend, tmp_path: Path
) -> None:
    pretend()

    said = rush_hour(capsys, "capacity", url, "--html", "/dev/full", "--json", tmp_path / "r.json")

    assert said.code == 1
    assert said.err.endswith("rush-hour: /dev/full: the result cannot be written: No space left on device.\n")
    assert document_in(tmp_path / "r.json").kind == "capacity"
