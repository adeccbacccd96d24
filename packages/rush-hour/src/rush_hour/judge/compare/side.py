"""The two sides of a comparison: a system of a document each, and which of their runs say something. Pure."""

from dataclasses import dataclass

from rush_hour.judge.answer.labels import labels_of
from rush_hour.judge.answer.standing import Standing, standing_of
from rush_hour.results.document import Document, System
from rush_hour.results.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One system of one document.

    Attributes:
        name: what to call it.
        standing: how it did, with the runs that say something: trusted and whole ones.
    """

    name: str
    document: Document
    standing: Standing

    @property
    def runs(self) -> list[Run]:
        """The runs that say something."""
        return self.standing.runs

    def run_of_block(self) -> dict[int, Run]:
        """Return those runs by their block; where that was not written down, a run's place among all is its block."""
        places = {id(run): number for number, run in enumerate(self.standing.system.runs, start=1)}
        return {places[id(run)] if run.block is None else run.block: run for run in self.runs}


def shared_blocks(first: Side, second: Side) -> list[tuple[Run, Run]]:
    """Return the runs of both sides in each block in which both have one that says something."""
    of_first, of_second = first.run_of_block(), second.run_of_block()
    return [(of_first[block], run) for block, run in of_second.items() if block in of_first]


def side_of(document: Document, system: System, name: str) -> Side:
    """Return a side of a comparison."""
    cores = None if document.machine is None else document.machine.cores
    return Side(name=name, document=document, standing=standing_of(system, name=name, cores=cores))


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a user named: a document, and perhaps one system of it.

    Attributes:
        text: as it was written, for messages and for names where nothing else tells two apart.
        system: the name of one of its systems; None for all.
    """

    text: str
    document: Document
    system: str | None = None

    def systems(self) -> list[System]:
        """Return the systems that it stands for."""
        return [one for one in self.document.systems if self.system in {None, one.name}]


def sides_of(first: Named, second: Named) -> list[tuple[Side, Side]]:
    """Return what is compared with what: of one system each those two, otherwise those of the same name.

    Returns:
        One pair or more; none where no name is in both.
    """
    of_first, of_second = first.systems(), second.systems()
    if len(of_first) == len(of_second) == 1:
        found = [(of_first[0], of_second[0])]
    else:
        by_name = {system.name: system for system in of_second}
        found = [(system, by_name[system.name]) for system in of_first if system.name in by_name]
    names = [_names(first, second, one, other) for one, other in found]
    return [
        (side_of(first.document, one, name), side_of(second.document, other, other_name))
        for (one, other), (name, other_name) in zip(found, names, strict=True)
    ]


def _names(first: Named, second: Named, one: System, other: System) -> tuple[str, str]:
    """Return what to call two systems: what tells their documents apart, or their names, or both."""
    labels = _labels(first, second)
    is_alone = (
        first.document is not second.document and len(first.document.systems) == len(second.document.systems) == 1
    )
    if is_alone and (one.name == other.name or labels == [first.document.label, second.document.label]):
        return labels[0], labels[1]
    if one.name != other.name:
        return one.name, other.name
    return f"{one.name} ({labels[0]})", f"{other.name} ({labels[1]})"


def _labels(first: Named, second: Named) -> list[str]:
    labels = labels_of([first.document, second.document])
    is_numbered = labels == ["1", "2"] and first.document.label is None
    return [first.text, second.text] if is_numbered and first.text != second.text else labels
