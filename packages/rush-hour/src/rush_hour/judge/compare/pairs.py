"""The pairs of a bench: each system as it is, compared with the same of another revision. Pure."""

from rush_hour.judge.compare.compare import DEFAULT_MARGIN_RATIO, Comparison, compare
from rush_hour.judge.compare.side import side_of
from rush_hour.results.document import Document


def is_paired(document: Document) -> bool:
    """Whether a document has pairs."""
    return any(system.base is not None for system in document.systems)


def comparisons_of(document: Document) -> list[Comparison]:
    """Return the comparison of each pair; of a document without any, none."""
    systems = {system.name: system for system in document.systems}
    pairs = [(systems[one.base], one) for one in document.systems if one.base is not None and one.base in systems]
    sides = [(side_of(document, base, base.name), side_of(document, one, one.name)) for base, one in pairs]
    return compare(sides, DEFAULT_MARGIN_RATIO)
