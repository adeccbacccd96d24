"""What counts as lost on a reload, and when the signal is sent."""

from signal import Signals
from types import SimpleNamespace
from typing import Any

import pytest
from load_runs import plan_for
from made_systems import Maker
from rig.trial.made_turns import GUNICORN, candidate

from rush_hour.load.plan import LoadPlan
from rush_hour.load.run import Observer
from rush_hour.results.run import Run
from rush_hour.results.trial import ReloadFacts
from rush_hour.rig.capacity.settings import CapacityTarget
from rush_hour.rig.trial import reloading
from rush_hour.rig.trial.reloading import lost_of, reload_under_load
from rush_hour.rig.watch.measure import SystemDied

TARGET = CapacityTarget(name="one", title="One", plan=plan_for("http://127.0.0.1:9/"))


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({}, 0),
        ({"responses_good": 9_900, "responses_total": 9_990, "errors": {"read:ECONNRESET": 10}}, 100),
        ({"responses_good": 9_990, "responses_total": 9_990, "errors": {"connect:ECONNREFUSED": 10}}, 10),
        ({"responses_good": 9_990, "responses_total": 9_990, "errors": {"timeout": 10}}, 10),
        ({"responses_good": 9_990, "responses_total": 9_990, "unanswered_at_end": 10}, 10),
        (
            {"responses_good": 4_000, "responses_total": 4_000, "requests_sent": 4_000, "unanswered_at_end": 6_000},
            0,
        ),
        (
            {
                "responses_good": 9_980,
                "responses_total": 9_980,
                "errors": {"generator:EMFILE": 5, "stalled:read:ECONNRESET": 15},
            },
            0,
        ),
    ],
    ids=["none", "bad and reset", "refused", "too late", "never answered", "never sent", "by the generator"],
)
def test_what_a_server_did_not_answer_well_is_lost_and_what_it_was_never_sent_is_not(
    make: Maker, changes: dict[str, Any], lost: int
) -> None:
    assert lost_of(make.run(**changes).result) == lost


class Measured:
    """What takes the place of a measurement: it lets time pass, and notes what is asked for."""

    def __init__(self, run: Run | Exception) -> None:
        self.run = run
        self.now_s = 0.0
        self.plans: list[LoadPlan] = []

    def clock(self) -> float:
        return self.now_s

    def measure(self, plan: LoadPlan, _parts: object, observer: Observer) -> Run:
        self.plans.append(plan)
        for phase in ("warming up", "measuring"):
            observer.on_phase(phase)
            for _ in range(8):
                observer.watch()
                self.now_s += 0.5
        if isinstance(self.run, Exception):
            raise self.run
        return self.run


def reload(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> tuple[ReloadFacts, list[tuple[Signals, float]]]:
    sent: list[tuple[Signals, float]] = []
    monkeypatch.setattr(reloading, "measure", measured.measure)
    running: Any = SimpleNamespace(
        server=SimpleNamespace(send_signal=lambda number: sent.append((number, measured.now_s)))
    )
    facts = reload_under_load(
        candidate(GUNICORN), running, TARGET, rate_per_s=1234.0, connections=60, processes=2, clock=measured.clock
    )
    return facts, sent


def test_the_signal_is_sent_once_at_half_of_the_rate_on_connections_that_were_warm_and_enough(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = Measured(make.run(responses_good=9_990, errors={"read:ECONNRESET": 10}))

    facts, sent = reload(measured, monkeypatch)

    assert facts == ReloadFacts(signal="SIGHUP", rate_per_s=617.0, due=10_000, lost=10, survived=True)
    assert sent == [(Signals.SIGHUP, 4.0 + reloading.SIGNAL_AFTER_S)]
    [plan] = measured.plans
    assert plan.warmup is not None
    assert (plan.schedule.connections, plan.processes) == (60, 2)
    assert plan.schedule.arrivals.offered_per_s == 617.0


def test_a_server_that_ends_instead_did_not_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    facts, _ = reload(Measured(SystemDied("it ended.")), monkeypatch)

    assert facts == ReloadFacts(signal="SIGHUP", rate_per_s=617.0, due=0, lost=0, survived=False)


def test_ctrl_c_meanwhile_says_nothing_of_the_reload(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        reload(Measured(make.run(interrupted=True)), monkeypatch)
