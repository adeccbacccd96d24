"""Entries: the systems of all documents on a page, each with its number, which is its colour too. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rush_hour.judge.answer.labels import labels_of
from rush_hour.judge.answer.standing import Standing, Tone, standing_of, tone_of
from rush_hour.results.document import Document, System
from rush_hour.results.run import Run

COLOURS = 10  # page.css has so many; later systems take them again, with other dashes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One system of one document.

    Attributes:
        number: among all on the page, from 0.
        label: its title on the page; with the name of its document where there are several.
        name: a shorter one, for the pictures.
    """

    number: int
    label: str
    name: str
    document: Document
    standing: Standing

    @property
    def system(self) -> System:
        """The system itself."""
        return self.standing.system

    @property
    def run(self) -> Run | None:
        """Its run, of several that of the median goodput; None where it was not measured."""
        return self.standing.run

    @property
    def tone(self) -> Tone:
        """Whether its verdict is good news or bad."""
        return tone_of(self.standing.finding)

    @property
    def colour(self) -> int:
        """The number of its colour, from 0."""
        return self.number % COLOURS

    @property
    def anchor(self) -> str:
        """The id of its details."""
        return f"system-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """An entry that was measured, with its run."""

    entry: Entry
    run: Run


def entries_of(documents: Sequence[Document]) -> list[Entry]:
    """Return the systems of all documents."""
    labels = labels_of(documents)
    several = len(documents) > 1
    found = [
        (document, system, f" ({label})" if several else "")
        for document, label in zip(documents, labels, strict=True)
        for system in document.systems
    ]
    return [
        Entry(
            number=number,
            label=system.title + suffix,
            name=system.name + suffix,
            document=document,
            standing=standing_of(system, cores=None if document.machine is None else document.machine.cores),
        )
        for number, (document, system, suffix) in enumerate(found)
    ]


def measured(entries: Sequence[Entry]) -> list[Measured]:
    """Return the entries that were measured."""
    return [Measured(entry=entry, run=entry.run) for entry in entries if entry.run is not None]
