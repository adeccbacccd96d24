"""A trial: every entrant answers, then rounds of searches, in each fewer of them for longer.

What is known is kept after every turn, so that Ctrl-C or a full disk loses nothing. An entrant that does not start,
answers differently or dies is out, with its reason, and the rest goes on. Where the record has something already, the
trial is gone on with: all are asked again, and turns that were made are not made again.
"""

from collections.abc import Callable

from rush_hour.core.uniform import uniform
from rush_hour.errors import StartError
from rush_hour.judge.ranking.halving import going_on, plan_rounds, promise_per_s
from rush_hour.results.document import Document
from rush_hour.results.trial import Contender, Round
from rush_hour.rig.stack import RigOptions, shared_rig
from rush_hour.rig.trial.record import TrialRecord
from rush_hour.rig.trial.reference import reference_of
from rush_hour.rig.trial.reloading import RELOAD_S
from rush_hour.rig.trial.settings import Subject, TrialProgress, TrialSettings
from rush_hour.rig.trial.turns import Turn, Turns
from rush_hour.rig.versions import shared_versions

STOP_S = 1.0  # that stopping takes, beside starting


def run_trial(
    subject: Subject,
    settings: TrialSettings,
    options: RigOptions,
    record: TrialRecord,
    *,
    keep: Callable[[Document], None],
    progress: TrialProgress,
) -> None:
    """Try all entrants, and keep the document after each turn.

    Args:
        subject: what is tried.
        settings: how.
        options: how to set the rig up.
        record: filled.
        keep: takes what is known.
        progress: told what is being done.

    Raises:
        StartError: what all share did not come up, or no entrant answers.
        UsageError: an option is wrong.
    """
    with shared_rig(subject.suite, options, progress.step) as (rig, database):
        record.versions = shared_versions(rig)
        turns = Turns(subject, settings, rig, database, progress)
        act = _Act(subject, settings, turns, record, keep=lambda: keep(record.document()), progress=progress)
        act.compare_answers()
        act.carry_out_rounds()


class _Act:
    """The two halves of a trial."""

    def __init__(
        self,
        subject: Subject,
        settings: TrialSettings,
        turns: Turns,
        record: TrialRecord,
        *,
        keep: Callable[[], None],
        progress: TrialProgress,
    ) -> None:
        self._subject = subject
        self._settings = settings
        self._turns = turns
        self._record = record
        self._keep = keep
        self._progress = progress
        self._in = [one for one in subject.entrants if not record.is_out(one.candidate.name)]

    def compare_answers(self) -> None:
        """Ask one of each server's entrants, and put all out whose server does not answer as most do."""
        first = {one.candidate.server.name: one for one in reversed(self._in)}
        asked = [one for one in self._in if first[one.candidate.server.name] is one]
        turns: dict[str, Turn] = {}
        for number, entrant in enumerate(asked, start=1):
            self._progress.step(f"[{number}/{len(asked)}] {entrant.candidate.name}: what does it answer?")
            turn = turns[entrant.candidate.server.name] = self._turns.answers(entrant)
            self._record.note_answer(entrant, turn)
            self._keep()
        answers = {name: turn.wanted for name, turn in turns.items() if turn.wanted is not None}
        reasons = {name: turn.system.reason or "" for name, turn in turns.items() if turn.wanted is None}
        if answers:
            paths = [request.path for request in self._subject.suite.requests]
            reference = reference_of(answers, paths)
            self._turns.wanted = reference.wanted
            reasons |= reference.others
        self._put_out(reasons)

    def _put_out(self, reasons: dict[str, str]) -> None:
        for entrant in list(self._in):
            reason, name = reasons.get(entrant.candidate.server.name), entrant.candidate.name
            if reason is None:
                continue
            self._in.remove(entrant)
            if name in self._record.systems:  # once for each server is enough
                self._record.put_out(name, reason)
                self._progress.finished(self._record.contenders[name])
        self._keep()
        if not self._in and reasons:
            firsts = dict.fromkeys(reason.partition("\n")[0] for reason in reasons.values())
            raise StartError("no server serves the application:\n" + "\n".join(firsts))

    def carry_out_rounds(self) -> None:
        """Search for capacities, of fewer and fewer."""
        if not self._record.rounds:
            self._record.rounds = self._plan()
        else:
            self._progress.left(max(0.0, self._settings.budget_s - self._record.took_s))
        rounds = self._record.rounds
        for number, one in enumerate(rounds, start=1):
            if number > 1:
                rates = [(name, promise_per_s(self._contender(name).estimate_of(number - 1))) for name in self._names]
                names = set(going_on(rates, one.contenders))
                self._in = [entrant for entrant in self._in if entrant.candidate.name in names]
            if not self._in:
                return
            self._carry_out(number, one, is_last=number == len(rounds))

    @property
    def _names(self) -> list[str]:
        """Those that are in it still."""
        return [entrant.candidate.name for entrant in self._in]

    def _contender(self, name: str) -> Contender:
        return self._record.contenders[name]

    def _plan(self) -> list[Round]:
        starts_s = [one.start_s for one in self._record.contenders.values() if one.start_s is not None]
        overhead_s = sum(starts_s) / len(starts_s) + STOP_S
        reloads = self._settings.reloads and any(entrant.candidate.can_reload for entrant in self._in)
        last_s = RELOAD_S if reloads else 0.0
        rounds = plan_rounds(
            len(self._in),
            self._settings.budget_s - self._record.took_s,
            least_s=self._settings.least_slot_s,
            overhead_s=overhead_s,
            last_s=last_s,
            repeats=self._settings.repeats,
        )
        needed_s = self._record.took_s + sum(one.contenders * (one.slot_s + overhead_s) for one in rounds)
        needed_s += rounds[-1].contenders * last_s
        if needed_s > 1.05 * self._settings.budget_s:
            self._progress.warn(
                f"{len(self._in)} contenders need {needed_s / 60:.0f} minutes, more than the budget: name fewer "
                f"servers with --server, or fewer settings{' or --repeats' if self._settings.repeats > 1 else ''}."
            )
        self._progress.left(needed_s - self._record.took_s)
        return rounds

    def _carry_out(self, number: int, one: Round, *, is_last: bool) -> None:
        order = sorted(
            self._in, key=lambda entrant: uniform(self._settings.seed, 1000 * number + self._in.index(entrant))
        )
        for turn_number, entrant in enumerate(order, start=1):
            name = entrant.candidate.name
            if self._contender(name).estimate_of(number) is not None:
                continue
            where = f"[round {number} of {len(self._record.rounds)}, {turn_number}/{len(order)}]"
            self._progress.step(f"{where} {name}")
            known_per_s = promise_per_s(self._contender(name).last)
            turn = self._turns.capacity(entrant, one, is_last=is_last, guess_per_s=known_per_s)
            self._record.note_capacity(entrant, turn, number, one.slot_s)
            if not turn.is_interrupted and turn.system.status == "failed":
                self._in.remove(entrant)
            self._progress.finished(self._contender(name))
            self._keep()
            if turn.is_interrupted:
                raise KeyboardInterrupt
