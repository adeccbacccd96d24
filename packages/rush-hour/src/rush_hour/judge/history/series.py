"""Series: points that were measured alike, in the order of time. Pure.

What changes the figures whatever the code is (another machine, suite, load, way of measuring) begins another series:
what would forbid a comparison (`judge/compare/conditions.py`), and also another label, system, path or duration.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rush_hour.judge.compare.conditions import path_of, unlike_loads, unlike_machines
from rush_hour.judge.history.points import Point
from rush_hour.units import format_count


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points that were measured alike, oldest first.

    Attributes:
        name: the system, with what tells it from others where it must.
        conditions: under which it was measured, in a line.
        points: none where all are left out.
        untrusted: how many points are left out, because they cannot be trusted.
        copies: how many are left out, because they are there already.
    """

    name: str
    conditions: str
    points: list[Point]
    untrusted: int
    copies: int


def conditions_of(point: Point) -> str:
    """Return under what conditions a point was measured, in a line."""
    plan, machine = point.plan, point.machine
    offered = (
        f"capacity at {point.objective}, steps of {plan.duration_s:g} s"
        if point.objective is not None
        else f"{plan.offered} on {format_count(plan.connections)} connections for {plan.duration_s:g} s"
    )
    parts = [
        *([] if point.suite is None else [f"suite {point.suite}"]),
        *([] if point.label is None else [f"label {point.label}"]),
        offered,
        "machine not known" if machine is None else f"{machine.cores} cores of {machine.cpu}",
    ]
    return ", ".join(parts)


def moment_of(started_at: str) -> datetime:
    """Return an instant; one without a zone is in UTC.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.fromisoformat(started_at)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{started_at} is no instant in UTC") from error


def series_of(points: Iterable[Point], *, with_untrusted: bool = False, last: int | None = None) -> list[Series]:
    """Return points as series, those of one suite and system beside each other.

    Args:
        points: in any order.
        with_untrusted: whether those that cannot be trusted stay in.
        last: how many of the newest of each are kept; None for all.
    """
    kinds: dict[Hashable, list[list[Point]]] = {}
    for point in sorted(points, key=lambda point: (moment_of(point.started_at), point.file)):
        alike = kinds.setdefault(_key(point), [])
        found = next((one for one in alike if not _unlike(one[0], point)), None)
        if found is None:
            alike.append([point])
        else:
            found.append(point)
    groups = sorted((group for alike in kinds.values() for group in alike), key=lambda group: _place(group[0]))
    names = _names([group[0] for group in groups])
    return [
        _series(name, group, with_untrusted=with_untrusted, last=last)
        for name, group in zip(names, groups, strict=True)
    ]


def _key(point: Point) -> Hashable:
    """Return what the points of a series have alike, each as it is."""
    return (
        point.kind,
        point.suite or "",
        point.system,
        point.label,
        point.objective,
        path_of(point.plan.url),
        point.plan.duration_s,
        point.machine is None,
    )


def _unlike(first: Point, second: Point) -> list[str]:
    """Return what else tells two points apart."""
    return [*unlike_machines(first.machine, second.machine), *unlike_loads(first.plan, second.plan)]


def _place(point: Point) -> tuple[str, ...]:
    return (point.kind, point.suite or "", point.system, point.label or "", conditions_of(point))


def _names(points: Sequence[Point]) -> list[str]:
    """Return what to call series: by their systems; where several have one, with their labels, or else numbers."""
    names = []
    for point in points:
        same = [other for other in points if other.system == point.system]
        if len(same) == 1:
            names.append(point.system)
            continue
        by_labels = len({other.label for other in same}) == len(same)
        told = (point.label or "no label") if by_labels else str(1 + same.index(point))
        names.append(f"{point.system} ({told})")
    return names


def _series(name: str, points: Sequence[Point], *, with_untrusted: bool, last: int | None) -> Series:
    first: dict[Hashable, Point] = {}
    for point in points:
        first.setdefault((moment_of(point.started_at), frozenset(point.figures.items())), point)
    each = list(first.values())
    kept = each if with_untrusted else [point for point in each if point.is_trusted]
    kept = kept if last is None else kept[-last:]
    return Series(
        name=name,
        conditions=conditions_of(points[-1]),
        points=kept,
        untrusted=0 if with_untrusted else sum(not point.is_trusted for point in each),
        copies=len(points) - len(each),
    )
