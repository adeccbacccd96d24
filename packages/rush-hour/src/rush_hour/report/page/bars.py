"""Bars: what became of the requests that were due, CPU time by role, figures side by side. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rush_hour.report.page.numbers import plain, whole
from rush_hour.results.resources import Role
from rush_hour.results.run import LoadResult, Run

ROLES: tuple[Role, ...] = ("server", "proxy", "database", "generator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A piece of a bar.

    Attributes:
        kind: chooses its colour: `good`, `server`...
        begin_percent, width_percent: of the bar's whole length.
        text: what it stands for.
    """

    kind: str
    begin_percent: float
    width_percent: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of pieces, and what it says in words."""

    segments: list[Segment]
    text: str


def bar_of(parts: Sequence[tuple[str, float, str]], whole_length: float) -> Bar:
    """Return a bar.

    Args:
        parts: kind, length and text of each piece.
        whole_length: of the longest bar beside it, in the unit of the lengths; above 0.
    """
    segments: list[Segment] = []
    begin = 0.0
    for kind, length, text in parts:
        if length > 0:
            segments.append(
                Segment(
                    kind=kind,
                    begin_percent=round(100 * begin / whole_length, 2),
                    width_percent=round(100 * length / whole_length, 2),
                    text=text,
                )
            )
        begin += length
    return Bar(segments=segments, text=", ".join(segment.text for segment in segments) or "nothing")


def offered_bar(result: LoadResult) -> Bar:
    """Return what became of the requests that were due, each counted once."""
    counts = {
        "good": result.responses_good,
        "bad": result.responses_bad,
        "failed": result.requests_failed,
        "unanswered": result.unanswered_at_end,
    }
    parts = [(kind, float(count), f"{whole(count)} {kind}") for kind, count in counts.items()]
    return bar_of(parts, max(1, result.requests_due))


def cpu_us_of(run: Run) -> dict[Role, float]:
    """Return what each role used for each good answer, in microseconds; nothing where that is not known."""
    used = {role: run.cpu_us_per_good_answer(role) for role in ROLES}
    return {role: cpu_us for role, cpu_us in used.items() if cpu_us is not None}


def cpu_bar(run: Run, longest_us: float) -> Bar:
    """Return CPU time for each good answer, by role.

    Args:
        run: the run.
        longest_us: of the bars beside it, in microseconds; above 0.
    """
    return bar_of([(role, cpu_us, f"{role} {plain(cpu_us)} µs") for role, cpu_us in cpu_us_of(run).items()], longest_us)
