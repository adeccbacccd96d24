"""Histories in a sentence or two: what changed last, and what did not. Pure: histories in, text out."""

from collections.abc import Sequence
from itertools import groupby

from rush_hour.judge.answer.labels import COMMIT_DIGITS
from rush_hour.judge.history.history import DIRTY, Change, History, Surprise
from rush_hour.judge.history.points import Point
from rush_hour.judge.history.series import moment_of
from rush_hour.units import join_names

TOLD = 3  # places in the answer; what is older is counted


def answer_of_histories(histories: Sequence[History]) -> str:
    """Return what histories say, newest first."""
    if not histories:
        return "No document here has a figure that can be trusted."
    places = [
        (history, list(changes))
        for history in histories
        for _, changes in groupby(history.changes, key=lambda change: (change.first.started_at, change.is_worse))
    ]
    places.sort(key=lambda place: moment_of(place[1][0].first.started_at), reverse=True)
    told = [_told(history, changes) for history, changes in places[:TOLD]]
    if len(places) > TOLD:
        more = len(places) - TOLD
        told.append(f"{more} earlier change{'s are' if more > 1 else ' is'} below")
    changed = {id(history) for history, _ in places}
    steady = [history for history in histories if id(history) not in changed]
    if steady:
        told.append(_steady(steady))
    surprises = [_surprised(history) for history in histories if history.surprises]
    return "; ".join([*told, *surprises]) + "."


def _told(history: History, changes: Sequence[Change]) -> str:
    """Return what changed at one place: `p99 of app became 8.1 % slower between 1a2b3c4d and 5d6e7f8a on 2026-...`."""
    parts = [f"{change.metric.heading} of {history.series.name} became {size_of(change)}" for change in changes[:1]]
    parts += [f"{change.metric.heading} {size_of(change)}" for change in changes[1:]]
    return f"{join_names(parts)} {between(changes[0])}"


def _steady(histories: Sequence[History]) -> str:
    documents = sum(len(history.series.points) for history in histories)
    names = join_names([history.series.name for history in histories])
    if len(histories) > TOLD:
        names = f"{len(histories)} series"
    return f"{names}: no change over {documents:,} document{'s' if documents != 1 else ''}"


def _surprised(history: History) -> str:
    figures = join_names([f"{one.metric.heading} {surprise_size(one)}" for one in history.surprises])
    return f"the newest document of {history.series.name} surprises ({figures}): measure again to know"


def size_of(change: Change) -> str:
    """Return by how much a figure changed, and to what: `8.1 % slower`, `12 % better`."""
    if change.ratio is None:
        return f"{change.words} ({change.metric.text_of(change.level_before)} to {change.metric.text_of(change.level)})"
    return f"{_share(change.ratio.mean)} {change.words}"


def surprise_size(one: Surprise) -> str:
    """Return how far the newest document is from what was expected: `+23 %`, `3.1 times`."""
    ratio = one.value / one.expected
    sign = "" if _is_factor(ratio) else "+" if ratio >= 1 else "-"
    return sign + _share(ratio)


def _share(ratio: float) -> str:
    """Return a ratio as how far it is from 1; a large one as a factor."""
    if _is_factor(ratio):
        return f"{ratio:.3g} times"
    percent = 100 * abs(ratio - 1)
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.1f} %"


def _is_factor(ratio: float) -> bool:
    """Whether a ratio is so far from 1 that per cent say little."""
    return ratio > 2 or ratio < 0.5


def between(change: Change) -> str:
    """Return where a change is: between which commits, and when."""
    before, first = commit_of(change.before), commit_of(change.first)
    day = day_of(change.first)
    if before is None or first is None:
        return f"between {time_of(change.before)} and {time_of(change.first)}"
    if before == first:
        return f"at {first} itself, between {time_of(change.before)} and {time_of(change.first)}"
    return f"between {before} and {first} on {day}"


def commit_of(point: Point) -> str | None:
    """Return the beginning of a commit, and whether something was changed; None where it is not known."""
    if point.commit is None:
        return None
    return point.commit[:COMMIT_DIGITS] + (DIRTY if point.commit.endswith(DIRTY) else "")


def day_of(point: Point) -> str:
    """Return the day on which a point was measured, in UTC."""
    return moment_of(point.started_at).date().isoformat()


def time_of(point: Point) -> str:
    """Return when a point was measured, in UTC, to the minute."""
    return moment_of(point.started_at).strftime("%Y-%m-%d %H:%M")
