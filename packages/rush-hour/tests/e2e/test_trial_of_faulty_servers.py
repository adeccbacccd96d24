"""A whole trial, with real servers and an application that is not the same on all of them."""

from pathlib import Path

import pytest
from e2e.faulty_servers import NAMES, SLEEP_S, make_servers
from rig.trial.made_turns import Heard

from rush_hour.commands.trial_options import TriedApplicationOptions, TriedLoadOptions
from rush_hour.commands.trial_subject import find_tried, subject_of
from rush_hour.errors import StartError
from rush_hour.judge.objective.parsing import parse_objective
from rush_hour.results.document import Document, System
from rush_hour.results.file import read_document, write_document
from rush_hour.rig.machine import machine_facts, provenance
from rush_hour.rig.stack import RigOptions
from rush_hour.rig.trial.candidates import Axes
from rush_hour.rig.trial.record import TrialRecord
from rush_hour.rig.trial.reloading import DURATION_S
from rush_hour.rig.trial.settings import TrialSettings
from rush_hour.rig.trial.trial import run_trial


def tried(
    directory: Path,
    catalogue: Path,
    names: tuple[str, ...],
    budget_s: float,
    *,
    front: bool = False,
    least_slot_s: float = 6.0,
) -> tuple[Document, Heard]:
    """Try an application on servers, and return the last document."""
    application = TriedApplicationOptions(server=names, servers=catalogue, directory=directory)
    found, servers = find_tried("app:app", application)
    subject = subject_of(found, servers, TriedLoadOptions(), Axes(workers=(1,), threads=(2,)), front=front)
    settings = TrialSettings(
        objective=parse_objective("p99 < 500ms, good >= 99%", what=""),
        budget_s=budget_s,
        connections=4,
        most_connections=100,
        processes=1,
        timeout_s=2.0,
        least_slot_s=least_slot_s,
    )
    options = RigOptions(suite_path=directory / "app:app", logs=directory / "logs", database_url=None, nginx=None)
    record = TrialRecord(subject, settings, provenance(None), options, machine_facts())
    kept: list[Document] = []
    heard = Heard()
    try:
        run_trial(subject, settings, options, record, keep=kept.append, progress=heard)
    finally:
        if kept:
            write_document(directory / "result.json", kept[-1])
    return kept[-1], heard


def test_whatever_is_wrong_with_a_server_is_told_and_the_rest_is_ranked(tmp_path: Path) -> None:
    document, heard = tried(tmp_path, make_servers(tmp_path, *NAMES), (*NAMES, "api_hour"), budget_s=60.0)

    trial, systems = document.trial, {system.name: system for system in document.systems}
    assert trial is not None
    served = {one.name for one in trial.contenders if one.estimates}
    assert served == {"slow", "stubborn", "plain", "api-hour"}
    assert {name for name, system in systems.items() if system.status == "ok"} == served
    assert all(systems[name].runs and systems[name].command_line for name in served)
    assert all(run.resources is not None for name in served for run in systems[name].runs)
    assert {run.plan.timeout_s for system in systems.values() for run in system.runs} == {2.0}
    assert reason(systems["crashing"]).startswith("crashing ended with exit code 1 before it was ready.\n")
    assert reason(systems["crashing"]).endswith("RuntimeError: not with this server")
    assert reason(systems["different"]) == (
        "answers differently: / has another body than from the 4 others that answer alike: it has a body that "
        "differs from byte 0 on (7 bytes, expected 5): b'another', expected b'hello'."
    )
    remarks = {one.name: one.remarks for one in trial.contenders}
    stays = "does not end by SIGTERM: it was killed after 5 s."
    assert stays in remarks["stubborn"]
    assert stays not in remarks["plain"]
    starts = {one.name: one.start_s for one in trial.contenders if one.start_s is not None}
    assert set(starts) == {*served, "different"}
    assert starts["slow"] >= SLEEP_S  # it sleeps so long, however fast the machine is
    assert heard.finishes[:2] == ["crashing", "different"]
    assert [system.status for system in document.systems[-2:]] == ["failed", "failed"]
    assert read_document(tmp_path / "result.json") == document


def test_an_application_that_keeps_something_of_each_answer_is_told_where_it_does(tmp_path: Path) -> None:
    catalogue = make_servers(tmp_path, "leaking", "plain")

    document, _ = tried(tmp_path, catalogue, ("leaking", "plain"), budget_s=60.0, least_slot_s=20.0)

    assert document.trial is not None
    remarks = {one.name: " ".join(one.remarks) for one in document.trial.contenders}
    assert all(one.estimates for one in document.trial.contenders)
    assert "its memory grows: from " in remarks["leaking"]
    assert "for each answer" in remarks["leaking"]
    assert "memory" not in remarks["plain"]


def test_a_server_that_reloads_is_asked_to_under_load(tmp_path: Path) -> None:
    pytest.importorskip("gunicorn")
    document, _ = tried(tmp_path, make_servers(tmp_path, "plain"), ("gunicorn",), budget_s=20.0)

    assert document.trial is not None
    [gunicorn] = document.trial.contenders
    assert gunicorn.reload is not None
    assert (gunicorn.reload.signal, gunicorn.reload.survived) == ("SIGHUP", True)
    assert gunicorn.reload.due == pytest.approx(DURATION_S * gunicorn.reload.rate_per_s, rel=0.01)
    assert gunicorn.reload.lost <= gunicorn.reload.due
    imports = (tmp_path / "imports").read_text().splitlines()
    assert imports.count("gunicorn") == 3  # to see what it answers, to be measured, and by the signal


def test_behind_nginx_the_proxy_is_measured_too(tmp_path: Path) -> None:
    document, _ = tried(tmp_path, make_servers(tmp_path, "plain"), ("plain",), budget_s=16.0, front=True)

    assert document.trial is not None
    assert document.trial.front
    assert "nginx" in document.versions
    [system] = document.systems
    assert system.run is not None
    assert system.run.resources is not None
    assert system.run.resources.proxy is not None
    assert (tmp_path / "logs" / "plain-nginx.log").exists()


def test_an_application_that_no_server_serves_is_an_error_with_each_reason(tmp_path: Path) -> None:
    catalogue = make_servers(tmp_path, "crashing")

    with pytest.raises(StartError) as caught:
        tried(tmp_path, catalogue, ("crashing",), budget_s=20.0)

    assert str(caught.value) == (
        "no server serves the application:\ncrashing ended with exit code 1 before it was ready."
    )
    document = read_document(tmp_path / "result.json")
    assert [system.status for system in document.systems] == ["failed"]


def reason(system: System) -> str:
    assert system.reason is not None
    return system.reason
