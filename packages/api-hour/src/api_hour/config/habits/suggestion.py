"""What an unknown option may have been meant to be: only one that is a slip of the fingers away. Pure.

A word that merely looks alike may mean the opposite, and then a suggestion is worse than none.
"""

from collections.abc import Iterable


def closest(flag: str, known: Iterable[str]) -> str | None:
    """Return the known flag that a flag was meant to be; None if none or more than one is close."""
    written = _plain(flag)
    likely = (name for name in known if name.startswith("--") and name[2:3] == written[:1])  # nobody slips at once
    found = {name for name in likely if _distance(written, _plain(name)) <= 1}
    exact = {name for name in found if _plain(name) == written}
    best = exact or found
    return best.pop() if len(best) == 1 and len(written) > 3 else None


def closest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name of a key or a field that a name was meant to be."""
    flags = {f"--{item.replace('_', '-')}": item for item in known}
    return flags.get(closest(f"--{name.replace('_', '-')}", flags) or "")


def _plain(flag: str) -> str:
    return flag.lstrip("-").replace("_", "-").lower()


def _distance(one: str, other: str) -> int:
    """Return how many letters were left out, added, exchanged or swapped (the optimal string alignment distance)."""
    if abs(len(one) - len(other)) > 1:
        return 2
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
