"""`rush-hour try` as its users run it: two small servers, ranked, deployed, pinned, and ended by Ctrl-C."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from commands.in_process import rush_hour
from e2e.faulty_servers import make_servers
from e2e.rush_hour_process import rush_hour_process
from rig.deadlines import TIMEOUT_S

from rush_hour.commands import trial as trial_command
from rush_hour.results.document import Document
from rush_hour.results.file import read_document, write_document
from rush_hour.rig.suite.reading import read_suite
from rush_hour.rig.trial.settings import TrialSettings

pytestmark = pytest.mark.timeout(8 * TIMEOUT_S)

SERVERS = ("--servers", "servers.toml", "--server", "plain", "--server", "other")
APPLICATION = """\
import os, sys

with open("affinities", "a") as affinities:
    affinities.write(f"{os.path.basename(sys.argv[0])} {sorted(os.sched_getaffinity(0))}\\n")

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: an application, and two servers in a catalogue."""
    make_servers(tmp_path, "plain", "other")
    (tmp_path / "app.py").write_text(APPLICATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def shortly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a search be shorter than is of use."""
    monkeypatch.setattr(trial_command, "TrialSettings", partial(TrialSettings, least_slot_s=4.0))


def affinities_of(directory: Path, server: str) -> set[str]:
    lines = (directory / "affinities").read_text().splitlines()
    return {line.partition(" ")[2] for line in lines if line.startswith(f"{server}.py ")}


def test_servers_are_ranked_and_the_best_is_written_down(
    directory: Path, shortly: None, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--slo", "p99 < 2s, good >= 90%", "--budget", "12s", "--connections", "4", "--front", "nginx")

    said = rush_hour(
        capsys, "try", "app", *SERVERS, *arguments, "--output", "out", "--emit", "deploy", "--label", "now"
    )

    assert said.code in {0, 4}, said.err  # other programs may use the machine
    assert [line.partition(";")[0] for line in said.err.splitlines() if "answer?" in line] == [
        "[1/2] plain: what does it answer?",
        "[2/2] other: what does it answer?",
    ]
    document = read_document(directory / "out" / "result.json")
    assert (document.kind, document.label) == ("try", "now")
    assert document.trial is not None
    assert document.trial.target == "app:app"
    assert {one.name for one in document.trial.contenders} == {"plain", "other"}
    best = document.trial.contenders[0]
    assert best.place is not None
    assert f"{best.title} " in said.out.splitlines()[0]
    assert "page: out/report.html; result: out/result.json; logs: out/logs" in said.out
    assert (directory / "out" / "report.html").read_text().startswith("<!doctype html>")
    written = ["app-app.service", "app-app.conf", "Dockerfile", "suite.toml"]
    assert said.out.splitlines()[-4:] == [f"written: deploy/{name}" for name in written]
    assert f" {best.name}.py 8000 app:app" in (directory / "deploy" / "app-app.service").read_text()
    suite = read_suite(directory / "deploy" / "suite.toml")
    assert suite.systems[0].name == best.name
    assert suite.systems[0].front is not None
    assert (suite.load.timeout, suite.load.processes) == ("2s", 1)
    [run] = document.systems[0].runs
    assert suite.load.connections == run.plan.connections


def test_what_is_missing_of_a_trial_is_made_by_resume_and_nothing_else(
    directory: Path, shortly: None, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("try", "app", *SERVERS, "--slo", "p99 < 2s, good >= 90%", "--budget", "12s", "--connections", "4")
    first = rush_hour(capsys, *arguments, "--output", "out", "--label", "now")
    assert first.code in {0, 4}, first.err
    whole = read_document(directory / "out" / "result.json")
    write_document(directory / "out" / "result.json", without(whole, "other"))

    other_budget = rush_hour(capsys, *arguments[:-4], "--budget", "13s", "--connections", "4", "--resume", "out")
    second = rush_hour(capsys, *arguments, "--resume", "out")

    assert (other_budget.code, other_budget.err) == (
        2,
        "rush-hour: --resume: expected --budget in seconds to be what it was, 12.0; got 13.0.\n",
    )
    assert second.code in {0, 4}, second.err
    turns = [line.partition(";")[0] for line in second.err.splitlines() if line.startswith("[round 1")]
    assert [turn.rpartition(" ")[2] for turn in turns] == ["other"]
    document = read_document(directory / "out" / "result.json")
    assert document.trial is not None
    assert whole.trial is not None
    assert (document.label, document.started_at) == ("now", whole.started_at)
    assert {one.name: len(one.estimates) for one in document.trial.contenders} == {"plain": 1, "other": 1}
    was, is_now = ({one.name: one.estimates for one in each.contenders} for each in (whole.trial, document.trial))
    assert is_now["plain"] == was["plain"]
    assert document.trial.took_s > whole.trial.took_s


def without(document: Document, name: str) -> Document:
    """What there is of a trial that was interrupted in a contender's turn."""
    trial = document.trial
    assert trial is not None
    contenders = [replace(one, estimates=[]) if one.name == name else one for one in trial.contenders]
    systems = [
        replace(one, status="interrupted", reason="it was interrupted.", runs=[]) if one.name == name else one
        for one in document.systems
    ]
    return replace(document, systems=systems, trial=replace(trial, contenders=contenders))


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one CPU only")
@pytest.mark.parametrize("option", ["--cpus", "--load-cpus"])
def test_servers_are_where_cpus_says_and_not_where_load_cpus_does(
    directory: Path, shortly: None, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    allowed = sorted(os.sched_getaffinity(0))

    said = rush_hour(
        capsys, "try", "app:app", *SERVERS[:4], option, str(allowed[-1]), "--budget", "6s", "--output", "out",
        "--slo", "p99 < 2s, good >= 90%",
    )  # fmt: skip

    assert said.code in {0, 4}, said.err
    assert affinities_of(directory, "plain") == {str(allowed[-1:] if option == "--cpus" else allowed)}
    assert sorted(os.sched_getaffinity(0)) == allowed


def test_ctrl_c_ends_it_with_a_report_of_what_is_known_and_leaves_no_process(directory: Path) -> None:
    arguments = ("try", "app:app", *SERVERS, "--budget", "1h", "--output", "out", "--emit", "deploy")
    with rush_hour_process(*arguments, directory=directory) as process:
        process.wait_until_it_says("[round 1 of")
        process.press_ctrl_c()
        assert process.wait() == 130
        process.wait_until_nothing_is_left()

    document = read_document(directory / "out" / "result.json")
    assert document.trial is not None
    assert {system.name for system in document.systems} == {"plain", "other"}
    assert {system.status for system in document.systems} <= {"ok", "interrupted"}
    assert process.err.endswith("rush-hour: interrupted.\n")
    assert "page: out/report.html; result: out/result.json; logs: out/logs" in process.out
    assert list((directory / "deploy").iterdir()) == []
