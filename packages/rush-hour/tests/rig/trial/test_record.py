"""The record of a trial: what each turn adds to it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_capacities import capacity
from made_systems import Maker
from rig.trial.made_turns import GUNICORN, SETTINGS, entrant, subject

from rush_hour.judge.search.posterior import Interval
from rush_hour.results.document import MachineFacts, System
from rush_hour.results.trial import ReloadFacts
from rush_hour.rig.machine import Provenance
from rush_hour.rig.stack import RigOptions
from rush_hour.rig.trial.record import TrialRecord
from rush_hour.rig.trial.turns import Turn

INTERVAL = Interval(low_per_s=900.0, median_per_s=1000.0, high_per_s=1100.0)
SIGHUP = ReloadFacts(signal="SIGHUP", rate_per_s=500.0, due=3000, lost=1, survived=True)
ENTRANT = entrant(GUNICORN)


@pytest.fixture
def record() -> TrialRecord:
    """A record of which nothing is known."""
    machine = MachineFacts(cpu="Fast", cores=2, memory_bytes=1, kernel="6", system="Linux", limits={})
    started = Provenance(
        started_at="2026-12-01T00:00:00Z", command_line="rush-hour try app:app", label="x", commit=None
    )
    options = RigOptions(suite_path=Path("app:app"), logs=None, database_url=None, nginx=None)
    return TrialRecord(subject(ENTRANT), SETTINGS, started, options, machine)


def turn(make: Maker, *, ending: str = "found", **changes: Any) -> Turn:
    """A turn in which 1,000/s was found."""
    found = capacity(make, ending=ending).capacity
    system = System(name="gunicorn", title="Gunicorn", status="ok", runs=[make.run()])
    return replace(Turn(system=system, start_s=1.0, found=found, interval=INTERVAL), **changes)


def test_a_turn_is_an_estimate_of_its_round(make: Maker, record: TrialRecord) -> None:
    record.note_capacity(ENTRANT, turn(make), 1, 25.04)
    record.note_capacity(ENTRANT, turn(make, reload=SIGHUP), 2, 100.0)

    document = record.document()
    assert document.trial is not None
    [gunicorn] = document.trial.contenders
    assert [(one.round, one.rate_per_s, one.measured_s) for one in gunicorn.estimates] == [
        (1, 1000.0, 25.0), (2, 1000.0, 100.0),
    ]  # fmt: skip
    assert (gunicorn.low_per_s, gunicorn.high_per_s) != (None, None)
    assert (gunicorn.reload, gunicorn.gave_first) == (SIGHUP, "the server's CPU is full")
    assert (document.label, document.systems[0].status) == ("x", "ok")


def test_of_remarks_about_the_same_thing_the_last_is_kept(make: Maker, record: TrialRecord) -> None:
    record.note_answer(ENTRANT, turn(make, remarks={"start": "took 12 s to start."}))
    record.note_capacity(ENTRANT, turn(make, remarks={"stop": "does not end.", "memory": "grows by 1 MiB."}), 1, 25.0)
    record.note_capacity(ENTRANT, turn(make, remarks={"start": "took 13 s to start.", "memory": "grows."}), 2, 25.0)

    assert record.contenders["gunicorn"].remarks == ["took 13 s to start.", "does not end.", "grows."]


def test_a_search_that_ctrl_c_ended_is_no_estimate_and_its_runs_stay(make: Maker, record: TrialRecord) -> None:
    record.note_capacity(ENTRANT, turn(make, is_interrupted=True, ending="interrupted"), 1, 25.0)

    [system] = record.document().systems
    assert (system.status, system.reason, len(system.runs)) == ("interrupted", "it was interrupted.", 1)
    assert record.contenders["gunicorn"].estimates == []


def test_what_was_found_before_ctrl_c_came_is_an_estimate(make: Maker, record: TrialRecord) -> None:
    record.note_capacity(ENTRANT, turn(make, is_interrupted=True), 1, 25.0)

    assert record.contenders["gunicorn"].rate_per_s == 1000.0
    assert record.document().systems[0].status == "ok"


def test_a_turn_without_a_run_leaves_that_of_the_round_before(make: Maker, record: TrialRecord) -> None:
    died = System(name="gunicorn", title="Gunicorn", status="failed", reason="it ended.")
    record.note_capacity(ENTRANT, turn(make), 1, 25.0)
    record.note_capacity(ENTRANT, turn(make, system=died, found=None, interval=None), 2, 25.0)

    [system] = record.document().systems
    assert (system.status, system.reason, len(system.runs)) == ("failed", "it ended.", 1)
    assert len(record.contenders["gunicorn"].estimates) == 1


def test_one_that_is_put_out_has_the_reason(make: Maker, record: TrialRecord) -> None:
    record.note_answer(ENTRANT, turn(make))
    record.put_out("gunicorn", "answers differently.")

    [system] = record.document().systems
    assert (system.status, system.reason) == ("failed", "answers differently.")
