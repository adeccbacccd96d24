"""CPU clocks of processes at two looks, and what was used between them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

ProcessKey = tuple[int, int]  # id and start time: ids are used again


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """CPU time of a process, and of the children that it has waited for, in seconds."""

    own_s: float
    reaped_s: float


def used_between(before: Mapping[ProcessKey, Clocks], now: Mapping[ProcessKey, Clocks]) -> float:
    """Return what a tree of processes used between two looks, in seconds.

    A process that ended appears in the clock of who reaped it, with all that it had used; what was seen of it before
    was counted then.
    """
    none = Clocks(own_s=0.0, reaped_s=0.0)
    own_s = sum(clocks.own_s - before.get(key, none).own_s for key, clocks in now.items())
    reaped_s = sum(clocks.reaped_s - before.get(key, none).reaped_s for key, clocks in now.items())
    counted_s = sum(clocks.own_s + clocks.reaped_s for key, clocks in before.items() if key not in now)
    return own_s + max(0.0, reaped_s - counted_s)


def busiest_between(
    before: Mapping[ProcessKey, Clocks], now: Mapping[ProcessKey, Clocks]
) -> tuple[int | None, float | None]:
    """Return which of the processes that run now used most between two looks, and how much, in seconds.

    None for both where no process used anything.
    """
    none = Clocks(own_s=0.0, reaped_s=0.0)
    used_s = {key: clocks.own_s - before.get(key, none).own_s for key, clocks in now.items()}
    busiest = max(used_s, key=used_s.__getitem__, default=None)
    if busiest is None or used_s[busiest] <= 0:
        return None, None
    return busiest[0], used_s[busiest]
