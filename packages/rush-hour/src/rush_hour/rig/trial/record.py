"""What is known of a trial as it goes on, and the document of it."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rush_hour.clock import utc_now
from rush_hour.judge.ranking.places import ranked
from rush_hour.judge.ranking.signs import busiest_ratio, uneven_workers
from rush_hour.results.document import SCHEMA_VERSION, Document, MachineFacts, SuiteFacts, System
from rush_hour.results.trial import Estimate, Round, Trial
from rush_hour.rig.machine import Provenance
from rush_hour.rig.stack import RigOptions
from rush_hour.rig.trial.settings import Entrant, Subject, TrialSettings
from rush_hour.rig.trial.turns import RemarkCode, Turn


class TrialRecord:
    """What is known of a trial as it goes on, and the document of it.

    Args:
        subject: what is tried.
        settings: how.
        provenance: how the command was started.
        options: of the rig.
        machine: where everything runs.
        digests: of the systems, by which this trial is known again.

    Attributes:
        versions: of what all share.
        rounds: that are planned; none before they are.
        contenders: by their names.
        systems: of those that had a turn, likewise.
    """

    def __init__(
        self,
        subject: Subject,
        settings: TrialSettings,
        provenance: Provenance,
        options: RigOptions,
        machine: MachineFacts,
        *,
        digests: Mapping[str, str] | None = None,
    ) -> None:
        self._subject = subject
        self._settings = settings
        self._provenance = provenance
        self._options = options
        self._machine = machine
        self._digests = dict(digests or {})
        self._began_s = time.monotonic()
        self._took_before_s = 0.0
        self.versions: dict[str, str] = {}
        self.rounds: Sequence[Round] = []
        self.contenders = {one.candidate.name: one.candidate.contender() for one in subject.entrants}
        self.systems: dict[str, System] = {}
        self._remarks: dict[str, dict[RemarkCode, str]] = {name: {} for name in self.contenders}
        self._earlier_remarks: dict[str, list[str]] = {}

    def go_on_with(self, before: Document) -> None:
        """Take what is known already; a turn that was interrupted is made again.

        Args:
            before: the document of the same trial, see `check_trial_resumable`.
        """
        trial = before.trial
        assert trial is not None, "the document of a try has one"
        self._provenance = Provenance(
            started_at=before.started_at or self._provenance.started_at,
            command_line=before.command_line or self._provenance.command_line,
            label=before.label,
            commit=before.commit,
        )
        self._took_before_s = trial.took_s
        self.rounds = trial.rounds
        self.contenders |= {one.name: one for one in trial.contenders}
        self._earlier_remarks = {one.name: one.remarks for one in trial.contenders}
        self.systems = {
            system.name: replace(system, status="ok", reason=None) if system.status == "interrupted" else system
            for system in before.systems
        }

    @property
    def took_s(self) -> float:
        """How long it has taken."""
        return self._took_before_s + time.monotonic() - self._began_s

    def is_out(self, name: str) -> bool:
        """Whether an entrant is out."""
        return name in self.systems and self.systems[name].status == "failed"

    def note_answer(self, entrant: Entrant, turn: Turn) -> None:
        """Take what came of asking an entrant; of one that did not answer, why all with its server are out."""
        name = entrant.candidate.name
        self.systems[name] = self._with_runs(name, turn.system)
        self._add(name, start_s=turn.start_s, remarks=turn.remarks)

    def put_out(self, name: str, reason: str) -> None:
        """Put an entrant out."""
        self.systems[name] = replace(self.systems[name], status="failed", reason=reason)

    def note_capacity(self, entrant: Entrant, turn: Turn, number: int, slot_s: float) -> None:
        """Take what came of a search.

        Args:
            entrant: whose it was.
            turn: what came of it.
            number: of the round, from 1.
            slot_s: how long it was looked for.
        """
        name, found, interval = entrant.candidate.name, turn.found, turn.interval
        self.systems[name] = self._with_runs(name, turn.system)
        if turn.is_interrupted and (found is None or found.ending == "interrupted"):
            self.systems[name] = replace(self.systems[name], status="interrupted", reason="it was interrupted.")
            return
        server, resources = entrant.candidate.server, None if turn.run is None else turn.run.resources
        ratio = None if resources is None or server.routes else busiest_ratio(resources.server)
        uneven = uneven_workers(ratio, entrant.candidate.workers, server.worker)
        self._add(name, start_s=turn.start_s, remarks={**turn.remarks, **({"uneven": uneven} if uneven else {})})
        one = self.contenders[name]
        if found is None:
            return
        self.contenders[name] = replace(
            one,
            estimates=[
                *one.estimates,
                Estimate(
                    round=number,
                    rate_per_s=None if interval is None or turn.system.status != "ok" else interval.median_per_s,
                    low_per_s=None if interval is None else interval.low_per_s,
                    high_per_s=None if interval is None or math.isinf(interval.high_per_s) else interval.high_per_s,
                    measured_s=round(slot_s, 1),
                ),
            ],
            gave_first=None if found.gave_first is None else found.gave_first.says,
            saturation_per_s=max(found.saturation_per_s or 0.0, one.saturation_per_s or 0.0) or None,
            busiest_ratio=None if ratio is None else round(ratio, 4),
            reload=turn.reload or one.reload,
        )

    def _with_runs(self, name: str, system: System) -> System:
        """Return a system with the runs that an earlier turn made, where this one made none."""
        before = self.systems.get(name)
        return replace(system, runs=before.runs) if before is not None and not system.runs else system

    def _add(self, name: str, *, start_s: float | None, remarks: Mapping[RemarkCode, str]) -> None:
        """Take a start, and remarks; of those about the same thing the last."""
        one, known = self.contenders[name], self._remarks[name]
        known.update(remarks)
        told = dict.fromkeys([*self._earlier_remarks.get(name, []), *known.values()])
        self.contenders[name] = replace(one, start_s=start_s or one.start_s, remarks=list(told))

    def document(self) -> Document:
        """Return what is known now."""
        subject, settings = self._subject, self._settings
        contenders, spread = ranked(list(self.contenders.values()))
        return Document(
            schema_version=SCHEMA_VERSION,
            kind="try",
            started_at=self._provenance.started_at,
            ended_at=utc_now(),
            command_line=self._provenance.command_line,
            label=self._provenance.label,
            commit=self._provenance.commit,
            machine=self._machine,
            generators=[self._machine],
            versions=self.versions,
            suite=SuiteFacts(
                name=subject.suite.name,
                title=subject.suite.title,
                path=str(self._options.suite_path),
                workers=subject.suite.workers,
                digests=self._digests,
            ),
            systems=[self.systems[one.name] for one in contenders if one.name in self.systems],
            trial=Trial(
                target=subject.application.target,
                interface=subject.application.interface,
                framework=subject.application.framework,
                objective=settings.objective.text,
                rounds=list(self.rounds),
                budget_s=settings.budget_s,
                took_s=round(self.took_s, 1),
                repeats=settings.repeats,
                connections=settings.connections,
                most_connections=settings.most_connections,
                processes=settings.processes,
                timeout_s=settings.timeout_s,
                cpus=None if self._options.cpus is None else list(self._options.cpus),
                load_cpus=None if settings.load_cpus is None else list(settings.load_cpus),
                seed=settings.seed,
                restart_spread=round(spread, 4),
                contenders=[one for one in contenders if one.name in self.systems],
                missing=list(subject.missing),
                front=any(entrant.spec.front is not None for entrant in subject.entrants),
            ),
        )
