"""Documents that are held against requirements."""

from rush_hour.judge.compare.side import Named
from rush_hour.judge.require.check import check
from rush_hour.judge.require.finding import Check, Finding
from rush_hour.judge.require.requirements import parse_requirements
from rush_hour.results.document import Document, RequireFacts


def checked(
    document: Document, *texts: str, system: str | None = None, baseline: Document | None = None,
    baseline_system: str | None = None, own: dict[str, list[str]] | None = None,
) -> Check:  # fmt: skip
    """What became of objectives that the systems of a document must keep."""
    facts = RequireFacts(all=list(texts), systems=own or {})
    named = Named(text="it", document=document, system=system)
    beside = None if baseline is None else Named(text="main", document=baseline, system=baseline_system)
    return check(named, parse_requirements(facts, what="--require"), beside)


def found(document: Document, text: str, **options: object) -> Finding:
    """What became of the one objective of the one system."""
    [finding] = checked(document, text, **options).findings  # type: ignore[arg-type]  # as they are there
    return finding
