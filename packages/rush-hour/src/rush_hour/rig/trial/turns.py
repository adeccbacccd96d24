"""Turns: one start of an entrant, to see what it answers, or to find its capacity; and what it does beside that."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from rush_hour.errors import RushHourError
from rush_hour.judge.ranking.intervals import interval_of
from rush_hour.judge.ranking.signs import growing_memory
from rush_hour.judge.search.knee import answer_run, with_doubts
from rush_hour.judge.search.posterior import Interval
from rush_hour.load.workload.wanted import Wanted
from rush_hour.results.capacity import Capacity
from rush_hour.results.document import System
from rush_hour.results.evidence import PartLog
from rush_hour.results.run import Run
from rush_hour.results.trial import ReloadFacts, Round
from rush_hour.rig.capacity.found import capacity_of
from rush_hour.rig.capacity.measurement import Measurement
from rush_hour.rig.capacity.settings import CapacitySettings, CapacityTarget
from rush_hour.rig.capacity.system_target import target_of
from rush_hour.rig.interpreter import find_interpreter
from rush_hour.rig.parts.part import Part
from rush_hour.rig.shared import Rig, log_paths
from rush_hour.rig.system import RunningSystem, running_system
from rush_hour.rig.trial.candidates import Candidate
from rush_hour.rig.trial.reloading import reload_under_load
from rush_hour.rig.trial.settings import Entrant, Subject, TrialProgress, TrialSettings
from rush_hour.rig.watch.log_files import read_part_log
from rush_hour.units import parse_duration_s

RemarkCode = Literal["stop", "start", "memory", "uneven"]

SLOW_START_S = 10.0
UNSURE_RATIO = 0.5  # of the most that it answered, where the time was up before a rate met the objective


@dataclass(slots=True, kw_only=True)
class Turn:
    """What was seen in one start.

    Attributes:
        system: as the document has it.
        start_s: until it answered rightly; None where it never did.
        wanted: what it answered.
        found: its capacity; None where it was not looked for, or nothing was found.
        interval: of the rate; where the time was up before any rate met the objective, what is known of it then. None
            where no rate does.
        run: that stands for it.
        reload: None where it was not asked to.
        is_interrupted: whether Ctrl-C ended it; what was found before is kept.
        remarks: what it did beside answering, by what that is about.
    """

    system: System
    start_s: float | None = None
    wanted: Sequence[Wanted] | None = None
    found: Capacity | None = None
    interval: Interval | None = None
    run: Run | None = None
    reload: ReloadFacts | None = None
    is_interrupted: bool = False
    remarks: dict[RemarkCode, str] = field(default_factory=dict)


class Turns:
    """Makes turns.

    Args:
        subject: what is tried.
        settings: how.
        rig: what all share.
        database: a private server; None without one.
        progress: told meanwhile.
        clock: monotonic, in seconds.

    Attributes:
        wanted: of each answer; None until it is known what most servers answer.
    """

    def __init__(
        self,
        subject: Subject,
        settings: TrialSettings,
        rig: Rig,
        database: Part | None,
        progress: TrialProgress,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._subject = subject
        self._settings = settings
        self._rig = rig
        self._database = database
        self._progress = progress
        self._clock = clock
        self.wanted: Sequence[Wanted] | None = None

    def answers(self, entrant: Entrant) -> Turn:
        """Start an entrant, ask it, and stop it."""
        turn = self._begin(entrant)
        with self._noting(turn, entrant), self._running(turn, entrant) as running:
            turn.wanted = running.workload.pinned()
        return self._end(turn, entrant)

    def capacity(self, entrant: Entrant, one: Round, *, is_last: bool, guess_per_s: float | None = None) -> Turn:
        """Start an entrant, find its capacity, in the very last round let it reload, and stop it.

        Args:
            entrant: it.
            one: the round.
            is_last: whether no other comes after it.
            guess_per_s: what an earlier round found.
        """
        turn = self._begin(entrant)
        settings = self._settings.of_slot(one.slot_s, is_final=one.is_final)
        with _keeping_what_is_found(turn), self._noting(turn, entrant), self._running(turn, entrant) as running:
            target = target_of(running, turn.system, self._rig, self._database, timeout_s=self._settings.timeout_s)
            self._find(turn, target, settings, guess_per_s)
            if turn.is_interrupted:
                raise KeyboardInterrupt  # the parts end as they do at any other
            if is_last and self._settings.reloads:
                self._reload(turn, entrant.candidate, running, target)
        return self._end(turn, entrant)

    def _begin(self, entrant: Entrant) -> Turn:
        return Turn(system=System(name=entrant.spec.name, title=entrant.spec.title, status="ok"))

    @contextmanager
    def _noting(self, turn: Turn, entrant: Entrant) -> Iterator[None]:
        """Let what goes wrong with it be the reason that it is out."""
        try:
            interpreter = find_interpreter(entrant.spec.venv, entrant.spec.python, self._rig.suite_directory)
            turn.system = replace(turn.system, versions=interpreter.versions(entrant.spec.packages))
            yield
        except (RushHourError, OSError, ValueError) as error:  # whatever it is, the others have their turn
            turn.system = replace(turn.system, status="failed", reason=str(error))

    @contextmanager
    def _running(self, turn: Turn, entrant: Entrant) -> Iterator[RunningSystem]:
        """Start it, and stop it, with a look at the clock."""
        began_s = self._clock()
        ended_s: float | None = None
        try:
            with running_system(entrant.spec, self._subject.suite, self._rig, wanted=self.wanted) as running:
                turn.start_s = round(self._clock() - began_s, 3)
                turn.system = replace(turn.system, command_line=running.command_line, notes=running.notes)
                try:
                    yield running
                finally:
                    ended_s = self._clock()
        except KeyboardInterrupt:
            turn.is_interrupted = True
            raise
        finally:
            grace_s = parse_duration_s(entrant.spec.grace, what="grace")
            if ended_s is not None and self._clock() - ended_s >= grace_s and not turn.is_interrupted:
                turn.remarks["stop"] = f"does not end by {entrant.spec.stop_signal}: it was killed after {grace_s:g} s."
            if turn.start_s is not None and turn.start_s >= SLOW_START_S:
                turn.remarks["start"] = f"took {turn.start_s:.0f} s to start."

    def _find(self, turn: Turn, target: CapacityTarget, settings: CapacitySettings, guess_per_s: float | None) -> None:
        measurement = Measurement(target, settings, self._progress, guess_per_s=guess_per_s)
        measurement.carry_out()
        turn.is_interrupted = measurement.ending == "interrupted"
        turn.found = capacity_of(measurement, target, settings)
        turn.interval = interval_of(turn.found, measurement.search)
        turn.run = answer_run(turn.found, measurement.runs)
        if (growing := growing_memory(measurement.runs)) is not None:
            turn.remarks["memory"] = growing
        if measurement.failure is not None:
            turn.system = replace(turn.system, status="failed", reason=measurement.failure)

    def _reload(self, turn: Turn, candidate: Candidate, running: RunningSystem, target: CapacityTarget) -> None:
        found = turn.found
        if found is None or turn.interval is None or not candidate.can_reload or turn.system.status != "ok":
            return
        known_per_s = found.rate_per_s or UNSURE_RATIO * (found.saturation_per_s or 0.0)
        if not known_per_s:
            return
        self._progress.phase("reloading under load")
        turn.reload = reload_under_load(
            candidate,
            running,
            target,
            rate_per_s=known_per_s,
            connections=found.connections,
            processes=self._settings.processes,
        )

    def _end(self, turn: Turn, entrant: Entrant) -> Turn:
        paths = log_paths(entrant.spec.name, self._rig)
        logs: list[PartLog] = [read_part_log(role, path, set()) for role, path in paths.items() if path.exists()]
        runs = [] if turn.run is None else [turn.run]
        turn.system = replace(turn.system, logs=logs, runs=runs)
        if turn.found is not None:
            turn.system = with_doubts(turn.system, turn.found)
        return turn


@contextmanager
def _keeping_what_is_found(turn: Turn) -> Iterator[None]:
    """Let Ctrl-C end a turn in peace once something was found: who made the turn keeps that, and ends then."""
    try:
        yield
    except KeyboardInterrupt:
        if turn.found is None:
            raise
