"""What contenders do beside answering: memory that grows, one worker that has most of the work. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from rush_hour.results.resources import Usage
from rush_hour.results.run import Run
from rush_hour.units import format_bytes, format_count

LEAST_GROWTH_RATIO = 0.2
LEAST_GROWTH_BYTES = 20 * 2**20
RISING_RATIO = 0.8  # of the seconds, in which memory was not less than in the one before
LEAST_ROWS = 6
UNEVEN_RATIO = 1.5  # times an even share


def growing_memory(runs: Sequence[Run]) -> str | None:
    """Return that a server's memory grows from answer to answer, as a sentence; None where it does not.

    The first quarter is left out: a server that begins takes memory that it keeps.

    Args:
        runs: of one start, in their order.
    """
    rows = [row.rss_bytes for run in runs if run.resources is not None for row in run.resources.server.timeline]
    rows = rows[len(rows) // 4 :]
    if len(rows) < LEAST_ROWS:
        return None
    grown = rows[-1] - rows[0]
    rising = sum(after >= before for before, after in pairwise(rows))
    if grown < max(LEAST_GROWTH_BYTES, LEAST_GROWTH_RATIO * rows[0]) or rising < RISING_RATIO * (len(rows) - 1):
        return None
    answers = 0.75 * sum(run.result.responses_total for run in runs)
    each = f", {format_bytes(grown / answers)} for each answer" if answers else ""
    return f"its memory grows: from {format_bytes(rows[0])} to {format_bytes(rows[-1])}{each}."


def busiest_ratio(usage: Usage) -> float | None:
    """Return the share of the answers, or else of the connections, of the process with most; None if unknown."""
    for counts in (
        [process.answers for process in usage.processes],
        [process.connections for process in usage.processes],
    ):
        known = [count for count in counts if count is not None]
        if known and sum(known):
            return max(known) / sum(known)
    return None


def uneven_workers(ratio: float | None, workers: int | None, worker: str) -> str | None:
    """Return that one worker has much more than an even share, as a sentence; None where none has.

    Args:
        ratio: the busiest one's share, from 0 to 1.
        workers: how many there are; None for a server that has no such setting.
        worker: what one is called.
    """
    if ratio is None or workers is None or workers < 2 or ratio < UNEVEN_RATIO / workers:
        return None
    return f"one {worker} of {format_count(workers)} gave {100 * ratio:.0f} % of the answers."
