"""A bench: every system of a suite started, warmed up, loaded, watched and stopped, one after the other.

With repeats, all of that in blocks (`blocks.py`). The result file is written after each turn, so that what is finished
is never lost. A system that cannot run, does not come up or dies is an entry with its reason, and the rest goes on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rush_hour.clock import utc_now
from rush_hour.judge.trust import OTHER_LOAD_RATIO
from rush_hour.load.workload.wanted import Wanted
from rush_hour.results.document import SCHEMA_VERSION, Document, SuiteFacts, SystemFigures
from rush_hour.rig.blocks import Repeats, ended_because, joined, missing_of, order_of
from rush_hour.rig.load_settings import LoadSettings
from rush_hour.rig.machine import Provenance, machine_facts
from rush_hour.rig.pairs import Pairs
from rush_hour.rig.parts.part import Part
from rush_hour.rig.shared import Rig
from rush_hour.rig.stack import RigOptions, shared_rig
from rush_hour.rig.suite.choosing import required
from rush_hour.rig.suite.digest import digests_of
from rush_hour.rig.suite.placeholders import fill_in
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.rig.turn import Progress, Turn
from rush_hour.rig.versions import shared_versions
from rush_hour.rig.watch.resources import busy_ratio

LOOK_S = 0.5
BUSY_WAIT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be benched.

    Attributes:
        pairs: those of the suite's systems to bench, as they are or in pairs.
        load: what each is offered.
        repeats: how often each is started; None for once.
        resumed: what there is of it already; None for nothing.
        published: figures to compare with.
    """

    suite: Suite
    pairs: Pairs
    load: LoadSettings
    repeats: Repeats | None = None
    resumed: Document | None = None
    published: Sequence[SystemFigures] = ()


def run_bench(
    order: Order,
    options: RigOptions,
    *,
    keep: Callable[[Document], None],
    provenance: Provenance,
    progress: Progress,
) -> None:
    """Bench systems, and write the result file after each turn.

    Args:
        order: what to bench.
        options: how to set the rig up.
        keep: takes what was found out, after each turn.
        provenance: how the command was started.
        progress: told what is being done.

    Raises:
        StartError: what the systems share did not come up.
        UsageError: an option is wrong.
    """
    busy = busy_ratio(lambda: time.sleep(LOOK_S))  # before anything of our own runs
    with shared_rig(order.suite, options, progress.step) as (rig, database):
        document = _empty_document(order, options, rig, provenance)
        if order.resumed is not None:
            document = _gone_on_with(order.resumed, document)
        document = replace(document, require=required(order.suite, order.pairs.systems))
        keep(document)
        _warn_if_busy(busy, progress)
        _Bench(order, rig, database, keep, progress, document).run()


@dataclass(slots=True)
class _Bench:
    """A bench under way."""

    order: Order
    rig: Rig
    database: Part | None
    keep: Callable[[Document], None]
    progress: Progress
    document: Document
    wanted: Sequence[Wanted] | None = None

    def run(self) -> None:
        """Have each system its turn, or in each block one."""
        names = [spec.name for spec in self.order.pairs.systems]
        if self.order.repeats is None:
            self._turns(names)
        else:
            self._blocks(names, self.order.repeats)

    def _blocks(self, names: Sequence[str], repeats: Repeats) -> None:
        began_at_s, done = time.monotonic(), 0
        why = None
        for block in range(1, repeats.blocks + 1):
            missing = missing_of(self.document, order_of(names, repeats.seed, block), block)
            if not missing:
                continue
            elapsed_s = time.monotonic() - began_at_s
            why = ended_because(repeats, self.document.systems, blocks_done=done, elapsed_s=elapsed_s)
            if why is not None:
                self.progress.warn(f"ended before block {block}: {why}")
                break
            self._turns(missing, block)
            done += 1
        self.document = replace(self.document, repeats=repeats.facts(why), ended_at=utc_now())
        self.keep(self.document)

    def _turns(self, names: Sequence[str], block: int | None = None) -> None:
        """Give systems a turn each, in this order."""
        specs = {spec.name: spec for spec in self.order.pairs.systems}
        for number, name in enumerate(names, start=1):
            place = f"{number}/{len(names)}"
            if block is not None and self.order.repeats is not None:
                place = f"block {block} of {self.order.repeats.blocks}, {place}"
            self._turn(specs[name], f"[{place}] {name}:", block)

    def _turn(self, spec: SystemSpec, label: str, block: int | None) -> None:
        rig = self.rig if block is None else _with_logs_of(self.rig, block)
        order = self.order
        turn = Turn(spec, order.suite, self.wanted, order.load, rig, self.database, self.progress, label, block)
        system = order.pairs.marked(turn.run())
        self.wanted = turn.wanted
        names = [one.name for one in order.pairs.systems]
        self.document = replace(joined(self.document, system, names), ended_at=utc_now())
        self.keep(self.document)
        self.progress.finished(system)
        if turn.is_interrupted:
            raise KeyboardInterrupt


def _with_logs_of(rig: Rig, block: int) -> Rig:
    """Return the rig with a directory of logs for each block: a start does not write over another's."""
    logs = rig.logs / f"block-{block}"
    logs.mkdir(parents=True, exist_ok=True)
    return replace(rig, logs=logs)


def _empty_document(order: Order, options: RigOptions, rig: Rig, provenance: Provenance) -> Document:
    """Return the document of a bench that begins."""
    suite, machine = order.suite, machine_facts()
    return Document(
        schema_version=SCHEMA_VERSION,
        kind="bench",
        started_at=provenance.started_at,
        ended_at=utc_now(),
        command_line=provenance.command_line,
        label=provenance.label,
        commit=provenance.commit,
        suite=SuiteFacts(
            name=suite.name,
            title=suite.title,
            path=str(options.suite_path),
            workers=suite.workers,
            rules=[fill_in(rule, {"threads": suite.threads, "workers": suite.workers}) for rule in suite.rules],
            published=list(order.published),
            threads=suite.threads,
            digests=digests_of(suite, order.pairs.as_written, options.suite_path.parent),
        ),
        machine=machine,
        generators=[machine],
        versions=shared_versions(rig),
        repeats=None if order.repeats is None else order.repeats.facts(),
        systems=[],
    )


def _gone_on_with(resumed: Document, begun: Document) -> Document:
    """Return the document of a bench that is gone on with: how often, and with which systems, is said anew.

    Args:
        resumed: what there is of it.
        begun: what there would be of it if it began.
    """
    suite = resumed.suite
    if suite is not None and begun.suite is not None:
        suite = replace(suite, threads=begun.suite.threads, digests=begun.suite.digests)
    return replace(resumed, suite=suite, repeats=begun.repeats)


def _warn_if_busy(ratio: float, progress: Progress) -> None:
    """Say so at once if something else uses the machine: a bench takes long, and its figures would not be trusted."""
    if ratio > OTHER_LOAD_RATIO:
        progress.warn(
            f"{100 * ratio:.0f} % busy: figures will not be trusted; go on in {BUSY_WAIT_S:g} s, Ctrl-C to stop"
        )
        time.sleep(BUSY_WAIT_S)
