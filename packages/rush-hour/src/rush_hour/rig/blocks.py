"""Repeats in blocks: each block has every system once, in an order of its own. Pure: what is to be done next.

What changes on a machine while a bench lasts changes it for a whole block, or for systems in any order; so it is in no
ratio of two systems for long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rush_hour.core.uniform import uniform
from rush_hour.judge.compare.until import Until
from rush_hour.results.document import Document, RepeatFacts, System
from rush_hour.units import format_duration_s

MOST_BLOCKS = 100  # of a bench that ends by how exact it is, or by time


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """How often systems are started.

    Attributes:
        blocks: at most so many.
        seed: of the order in each.
        until: ends it before; None for nothing.
        budget_s: how long it may take altogether; None for as long as it does.
    """

    blocks: int
    seed: int
    until: Until | None = None
    budget_s: float | None = None

    def facts(self, ended_because: str | None = None) -> RepeatFacts:
        """Return what a document has of them."""
        return RepeatFacts(
            blocks=self.blocks,
            seed=self.seed,
            until=None if self.until is None else self.until.text,
            budget_s=self.budget_s,
            ended_because=ended_because,
        )


def order_of(names: Sequence[str], seed: int, block: int) -> list[str]:
    """Return the order of systems in a block: the same for the same seed, whatever was done before."""
    drawn = {name: uniform(seed, block * len(names) + number) for number, name in enumerate(names)}
    return sorted(names, key=lambda name: drawn[name])


def turns_left(document: Document | None, names: Sequence[str], repeats: Repeats | None) -> int | None:
    """Return how many starts there are to come; None where something else than their number may end them.

    Args:
        document: what there is of the bench already; None for nothing.
        names: of the systems.
        repeats: how often each is started; None for once.
    """
    if repeats is not None and (repeats.until is not None or repeats.budget_s is not None):
        return None
    blocks = 1 if repeats is None else repeats.blocks
    if document is None:
        return blocks * len(names)
    return sum(len(missing_of(document, names, block)) for block in range(1, blocks + 1))


def missing_of(document: Document, names: Sequence[str], block: int) -> list[str]:
    """Return which of these systems still have their turn in a block: those without a run in it that did not fail."""
    done = {
        system.name
        for system in document.systems
        if system.status in {"failed", "unavailable"} or any(run.block == block for run in system.runs)
    }
    return [name for name in names if name not in done]


def ended_because(repeats: Repeats, systems: Sequence[System], *, blocks_done: int, elapsed_s: float) -> str | None:
    """Return why no further block is begun; None where one is.

    Args:
        repeats: how often they were to be started.
        systems: with the runs that they have by now.
        blocks_done: by this command.
        elapsed_s: since it began with the first of them.
    """
    if repeats.until is not None and repeats.until.is_reached(systems):
        return f"{repeats.until.text} is reached"
    if repeats.budget_s is None or not blocks_done:
        return None
    if elapsed_s * (blocks_done + 1) / blocks_done <= repeats.budget_s:
        return None
    return f"another block would take longer than {format_duration_s(repeats.budget_s)} altogether"


def joined(document: Document, system: System, names: Sequence[str]) -> Document:
    """Return a document with one more turn of a system; its systems are in the order of these names.

    Its status is that of its last turn: a system that failed once has failed.
    """
    known = {one.name: one for one in document.systems}
    before = known.get(system.name)
    known[system.name] = system if before is None else _with(before, system)
    return replace(document, systems=[known[name] for name in names if name in known])


def _with(before: System, system: System) -> System:
    return replace(
        system,
        runs=[*before.runs, *system.runs],
        notes=list(dict.fromkeys([*before.notes, *system.notes])),
        versions=system.versions or before.versions,
        command_line=system.command_line or before.command_line,
    )
