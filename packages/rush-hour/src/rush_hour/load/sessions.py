"""Sessions that all connections begin, before anything is measured."""

from collections import Counter
from collections.abc import Callable

from rush_hour.core.schedule import Schedule
from rush_hour.errors import StartError
from rush_hour.load.generators import Generators, Outcome


def begin_sessions(generators: Generators, session: Schedule, watch: Callable[[], None]) -> None:
    """Let every connection send what it begins with.

    Args:
        generators: whose connections they are.
        session: the schedule of these requests.
        watch: called twice a second; may raise to end it.

    Raises:
        StartError: not all were answered well.
    """
    outcome = generators.run(session, watch=watch)
    if outcome.is_interrupted:
        raise KeyboardInterrupt
    assert session.max_requests is not None, "a session has an end"
    good = sum(share.good for share in outcome.counted.shares)
    if good < session.max_requests:
        raise StartError(_what_went_wrong(outcome, session.max_requests - good, session.max_requests))


def _what_went_wrong(outcome: Outcome, wrong: int, due: int) -> str:
    said = f"session: expected {due:,} good answers to the requests that connections begin with; {wrong:,} are missing."
    errors = sum((share.errors for share in outcome.counted.shares), Counter[str]())
    if errors:
        said += f" Failed: {', '.join(f'{name} ({count:,})' for name, count in errors.most_common())}."
    bad = next((done.first_bad for done in outcome.done if done is not None and done.first_bad), None)
    if bad is not None:
        said += f" The first bad answer, to {bad.request!r}, had {bad.what}"
        said += f"; it begins with: {bad.begins}" if bad.begins else "."
    return said
