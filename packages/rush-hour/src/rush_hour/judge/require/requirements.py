"""What systems are required to keep: clauses of all of them, and of single ones. Pure: texts in, clauses out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rush_hour.judge.objective.objective import Clause
from rush_hour.judge.objective.parsing import parse_objective
from rush_hour.results.document import RequireFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """Clauses that must hold.

    Attributes:
        of_all: of every system.
        of_some: of the system of a name.
    """

    of_all: tuple[Clause, ...]
    of_some: Mapping[str, tuple[Clause, ...]] = field(default_factory=dict)

    def of(self, name: str) -> list[Clause]:
        """Return the clauses of a system."""
        return [*self.of_all, *self.of_some.get(name, ())]

    def clauses(self) -> Iterator[Clause]:
        """Yield all clauses."""
        yield from self.of_all
        for clauses in self.of_some.values():
            yield from clauses


def parse_requirements(facts: RequireFacts, *, what: str) -> Requirements:
    """Read what is required.

    Args:
        facts: as it was written.
        what: the option or key it was written for.

    Raises:
        UsageError: an objective is none.
    """
    return Requirements(
        of_all=clauses_of(facts.all, what=what),
        of_some={name: clauses_of(texts, what=what) for name, texts in facts.systems.items()},
    )


def clauses_of(texts: Sequence[str], *, what: str) -> tuple[Clause, ...]:
    """Return the clauses of objectives, each once.

    Raises:
        UsageError: one is none.
    """
    clauses = {clause.text: clause for text in texts for clause in parse_objective(text, what=what).clauses}
    return tuple(clauses.values())
