"""The rounds of a trial whose turns are pretended: who goes on, in which order, what is kept, and what Ctrl-C does."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made_capacities import capacity
from made_systems import Maker
from msgspec import structs
from rig.trial.made_turns import GUNICORN, SETTINGS, Heard, entrant, subject

from rush_hour.core.expectation import Expectation
from rush_hour.errors import StartError
from rush_hour.judge.search.posterior import Interval
from rush_hour.load.workload.wanted import Wanted, pinned
from rush_hour.results.document import Document, MachineFacts, System
from rush_hour.results.trial import Round
from rush_hour.rig.machine import Provenance
from rush_hour.rig.stack import RigOptions
from rush_hour.rig.trial import trial as trial_module
from rush_hour.rig.trial.record import TrialRecord
from rush_hour.rig.trial.reloading import RELOAD_S
from rush_hour.rig.trial.settings import Entrant, TrialSettings
from rush_hour.rig.trial.trial import run_trial
from rush_hour.rig.trial.turns import Turn

OPTIONS = RigOptions(suite_path=Path("app:app"), logs=None, database_url=None, nginx=None)
MACHINE = MachineFacts(cpu="Fast", cores=2, memory_bytes=1, kernel="6", system="Linux", limits={})
STARTED = Provenance(started_at="2026-12-01T00:00:00Z", command_line="rush-hour try app:app", label=None, commit=None)


def answered(body: bytes) -> Sequence[Wanted]:
    return [pinned(Expectation(statuses=frozenset({200}), body=body))]


@dataclass
class Pretended:
    """Turns that take no time.

    Attributes:
        make: makes runs.
        rates: what each server holds.
        bodies: what each answers, unless it is `hello`.
        failing: what fails in its search, and why.
        interrupted: whose search Ctrl-C ends.
        asked, searched: who had a turn, in this order; of a search with its round's slot and whether it is the last.
    """

    make: Maker
    rates: dict[str, float]
    bodies: dict[str, bytes] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)
    interrupted: str | None = None
    asked: list[str] = field(default_factory=list)
    searched: list[tuple[str, float, bool]] = field(default_factory=list)
    wanted: Sequence[Wanted] | None = None

    def answers(self, one: Entrant) -> Turn:
        name = one.spec.name
        self.asked.append(name)
        if name == self.interrupted and not self.rates:
            raise KeyboardInterrupt
        return Turn(system=self._system(name), start_s=1.0, wanted=answered(self.bodies.get(name, b"hello")))

    def capacity(self, one: Entrant, round_: Round, *, is_last: bool, guess_per_s: float | None = None) -> Turn:
        name = one.spec.name
        self.searched.append((name, round_.slot_s, is_last))
        rate_per_s = self.rates[name]
        assert guess_per_s in {None, rate_per_s}
        turn = Turn(
            system=replace(self._system(name), runs=[self.make.run()]),
            start_s=1.0,
            found=capacity(self.make).capacity,
            interval=Interval(low_per_s=0.9 * rate_per_s, median_per_s=rate_per_s, high_per_s=1.1 * rate_per_s),
            is_interrupted=name == self.interrupted,
        )
        if name in self.failing:
            failed = replace(turn.system, status="failed", reason=self.failing[name])
            return replace(turn, system=failed, found=None, interval=None)
        return turn

    @staticmethod
    def _system(name: str) -> System:
        return System(name=name, title=name.title(), status="ok")


Try = Callable[..., tuple[list[Document], Heard]]


@pytest.fixture
def try_all(monkeypatch: pytest.MonkeyPatch) -> Try:
    """Try servers by pretended turns, and return the documents that were kept, and what was told."""

    def run(
        pretended: Pretended, *names: str, before: Document | None = None, **changes: Any
    ) -> tuple[list[Document], Heard]:
        @contextmanager
        def shared_rig(*_arguments: object) -> Iterator[tuple[Any, None]]:
            yield SimpleNamespace(), None

        monkeypatch.setattr(trial_module, "shared_rig", shared_rig)
        monkeypatch.setattr(trial_module, "shared_versions", lambda _rig: {"rush-hour": "1"})
        monkeypatch.setattr(trial_module, "Turns", lambda *_arguments: pretended)
        tried = subject(*(entrant(structs.replace(GUNICORN, name=name)) for name in names))
        settings: TrialSettings = replace(SETTINGS, **changes)
        record = TrialRecord(tried, settings, STARTED, OPTIONS, MACHINE)
        if before is not None:
            record.go_on_with(before)
        kept: list[Document] = []
        heard = Heard()
        try:
            run_trial(tried, settings, OPTIONS, record, keep=kept.append, progress=heard)
        except (KeyboardInterrupt, StartError) as error:
            heard.warnings.append(repr(error))
        return kept, heard

    return run


def contenders_of(document: Document) -> list[str]:
    assert document.trial is not None
    return [one.name for one in document.trial.contenders if one.estimates]


def estimates_of(document: Document) -> dict[str, list[int]]:
    """The rounds that each contender was measured in."""
    assert document.trial is not None
    return {one.name: [each.round for each in one.estimates] for one in document.trial.contenders}


EIGHT = {f"server-{number}": 100.0 * number for number in range(1, 9)}


def test_the_best_go_on_from_round_to_round_and_the_last_round_is_said_to_be_it(make: Maker, try_all: Try) -> None:
    pretended = Pretended(make, EIGHT)

    kept, heard = try_all(pretended, *EIGHT, budget_s=1200.0)

    slots = list(dict.fromkeys(slot_s for _, slot_s, _ in pretended.searched))
    rounds = [{name for name, slot_s, _ in pretended.searched if slot_s == one} for one in slots]
    assert pretended.asked == list(EIGHT)
    assert len(slots) > 1
    assert rounds[0] == set(EIGHT)
    assert rounds[-1] == {f"server-{number}" for number in (5, 6, 7, 8)}
    assert {slot_s for _, slot_s, is_last in pretended.searched if is_last} == {slots[-1]}
    assert contenders_of(kept[-1])[0] == "server-8"
    assert heard.warnings == []


def test_the_last_round_is_repeated_in_orders_of_their_own_and_a_reload_ends_the_very_last(
    make: Maker, try_all: Try
) -> None:
    pretended = Pretended(make, EIGHT)

    kept, heard = try_all(pretended, *EIGHT, budget_s=1500.0, repeats=3)

    finals = [pretended.searched[-12:-8], pretended.searched[-8:-4], pretended.searched[-4:]]
    orders = [[name for name, _, _ in final] for final in finals]
    assert [{is_last for _, _, is_last in final} for final in finals] == [{False}, {False}, {True}]
    assert len({slot_s for final in finals for _, slot_s, _ in final}) == 1
    assert {frozenset(order) for order in orders} == {frozenset(f"server-{number}" for number in (5, 6, 7, 8))}
    assert len({tuple(order) for order in orders}) > 1
    assert kept[-1].trial is not None
    assert len(kept[-1].trial.contenders[0].estimates) == len(kept[-1].trial.rounds) == 6
    assert heard.warnings == []


def test_the_order_of_a_round_is_drawn_from_the_seed(make: Maker, try_all: Try) -> None:
    orders = []
    for seed in (1, 1, 2):
        pretended = Pretended(make, EIGHT)
        try_all(pretended, *EIGHT, budget_s=300.0, seed=seed)
        orders.append([name for name, _, _ in pretended.searched])

    assert orders[0] == orders[1] != orders[2]
    assert orders[0] != list(EIGHT)


def test_what_is_known_is_kept_after_each_answer_and_each_search(make: Maker, try_all: Try) -> None:
    kept, _ = try_all(Pretended(make, EIGHT), *EIGHT, budget_s=300.0)

    assert [len(document.systems) for document in kept[:8]] == list(range(1, 9))
    assert [len(contenders_of(document)) for document in kept[9:17]] == list(range(1, 9))


def test_a_server_that_answers_otherwise_is_out_and_all_others_must_answer_as_most_do(
    make: Maker, try_all: Try
) -> None:
    pretended = Pretended(make, EIGHT, bodies={"server-1": b"bye"})

    kept, heard = try_all(pretended, *EIGHT, budget_s=300.0)

    assert "server-1" not in {name for name, _, _ in pretended.searched}
    assert pretended.wanted is not None
    assert pretended.wanted[0].learned_of == "most servers"
    assert heard.finishes[0] == "server-1"
    [out] = [system for system in kept[-1].systems if system.status == "failed"]
    assert out.reason is not None
    assert out.reason.startswith("answers differently: / has another body than from the 7 others that answer alike")


def test_one_that_fails_in_a_round_is_in_no_further_one(make: Maker, try_all: Try) -> None:
    pretended = Pretended(make, EIGHT, failing={"server-8": "it ended."})

    kept, _ = try_all(pretended, *EIGHT, budget_s=1200.0)

    assert [name for name, _, _ in pretended.searched].count("server-8") == 1
    assert [system.reason for system in kept[-1].systems if system.status == "failed"] == ["it ended."]


def test_ctrl_c_in_a_search_ends_the_trial_with_what_was_found(make: Maker, try_all: Try) -> None:
    pretended = Pretended(make, EIGHT, interrupted="server-3")

    kept, heard = try_all(pretended, *EIGHT, budget_s=300.0)

    assert pretended.searched[-1][0] == "server-3"
    assert heard.warnings == ["KeyboardInterrupt()"]
    assert len(contenders_of(kept[-1])) == len(pretended.searched)


@pytest.mark.parametrize("interrupted", ["server-3", "server-8"])
def test_a_trial_that_was_interrupted_is_gone_on_with_as_if_it_had_not_been(
    make: Maker, try_all: Try, interrupted: str
) -> None:
    whole, first, second = (
        Pretended(make, EIGHT),
        Pretended(make, EIGHT, interrupted=interrupted),
        Pretended(make, EIGHT),
    )
    settings = {"budget_s": 1200.0, "repeats": 2}
    of_whole, _ = try_all(whole, *EIGHT, **settings)
    of_first, _ = try_all(first, *EIGHT, **settings)

    of_second, heard = try_all(second, *EIGHT, before=of_first[-1], **settings)

    searched = [[(name, is_last) for name, _, is_last in one.searched] for one in (first, second, whole)]
    assert searched[0] + searched[1] == searched[2]
    assert estimates_of(of_second[-1]) == estimates_of(of_whole[-1])
    assert heard.warnings == []
    assert second.asked == list(EIGHT)


def test_one_that_failed_is_not_asked_again_when_a_trial_is_gone_on_with(make: Maker, try_all: Try) -> None:
    kept, _ = try_all(Pretended(make, EIGHT, failing={"server-8": "it ended."}), *EIGHT, budget_s=1200.0)
    pretended = Pretended(make, EIGHT)

    again, _ = try_all(pretended, *EIGHT, budget_s=1200.0, before=kept[-1])

    assert "server-8" not in pretended.asked
    assert pretended.searched == []
    assert again[-1].systems == kept[-1].systems
    assert estimates_of(again[-1]) == estimates_of(kept[-1])


def test_ctrl_c_while_servers_are_asked_keeps_the_answers(make: Maker, try_all: Try) -> None:
    kept, _ = try_all(Pretended(make, {}, interrupted="server-3"), *EIGHT)

    assert [system.name for system in kept[-1].systems] == ["server-1", "server-2"]


def test_a_budget_that_is_too_small_is_said_at_once_and_all_are_measured_once(make: Maker, try_all: Try) -> None:
    pretended = Pretended(make, EIGHT)

    _, heard = try_all(pretended, *EIGHT, budget_s=60.0)

    [warning] = heard.warnings
    assert warning.startswith("8 contenders need 5 minutes, more than the budget: name fewer ")
    assert sorted(name for name, _, _ in pretended.searched) == sorted(EIGHT)
    assert {slot_s for _, slot_s, _ in pretended.searched} == {25.0}


def test_time_for_reloads_is_left_where_a_server_can(make: Maker, try_all: Try) -> None:
    slots = []
    for reloads in (True, False):
        pretended = Pretended(make, EIGHT)
        try_all(pretended, *EIGHT, budget_s=1200.0, reloads=reloads)
        slots.append({is_last: slot_s for _, slot_s, is_last in pretended.searched})

    with_, without = slots
    assert without[True] - with_[True] == pytest.approx(RELOAD_S, abs=0.1)
    assert without[False] == pytest.approx(with_[False], abs=0.1)
