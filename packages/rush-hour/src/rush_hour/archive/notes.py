"""What is below a directory and in no history, in sentences. Pure."""

from collections import Counter
from collections.abc import Iterator

from rush_hour.archive.reading import Archive

NAMED = 3  # files without a time


def archive_notes(archive: Archive) -> Iterator[str]:
    """Yield what is left out of the files of an archive, and why; of those that cannot be read, each."""
    kinds = Counter(entry.detail for entry in archive.entries if entry.finding == "kind")
    for kind, count in sorted(kinds.items()):
        yield f"{_documents(count)} left out: of the kind {kind}, which has no history."
    undated = [entry.file for entry in archive.entries if entry.finding == "undated"]
    if undated:
        more = f" and {len(undated) - NAMED} more" if len(undated) > NAMED else ""
        names = ", ".join(undated[:NAMED])
        yield f"{_documents(len(undated))} left out, for want of started_at: {names}{more}."
    yield from (f"{entry.file}: {entry.detail}" for entry in archive.entries if entry.finding == "unreadable")
    if archive.index_lost is not None:
        yield f"No index was kept, so that the next time takes as long: {archive.index_lost}"


def _documents(number: int) -> str:
    return f"{number:,} document{'s are' if number != 1 else ' is'}"
