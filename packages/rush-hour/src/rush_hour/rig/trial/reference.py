"""The reference: what most servers answer. All others must give the same answer, or are told apart. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rush_hour.core.expectation import Expectation, format_statuses
from rush_hour.load.workload.wanted import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The answers that most servers give.

    Attributes:
        wanted: of each request.
        others: why each server that answers differently does so, by its name.
    """

    wanted: Sequence[Wanted]
    others: Mapping[str, str]


def reference_of(answers: Mapping[str, Sequence[Wanted]], paths: Sequence[str]) -> Reference:
    """Return what most servers answered; of as many, what the first of them did.

    Args:
        answers: of each server, what it answered to each request.
        paths: of the requests.
    """
    groups: list[tuple[Sequence[Wanted], list[str]]] = []
    for name, wanted in answers.items():
        group = next((names for known, names in groups if list(known) == list(wanted)), None)
        if group is None:
            groups.append((wanted, [name]))
        else:
            group.append(name)
    most, same = max(groups, key=lambda group: len(group[1]))
    others = {
        name: _difference(most, wanted, paths, same) for wanted, names in groups for name in names if names != same
    }
    whose = "most servers" if len(same) > 1 else same[0]
    reference = [one if one.learned_of is None else replace(one, learned_of=whose) for one in most]
    return Reference(wanted=reference, others=others)


def _difference(most: Sequence[Wanted], own: Sequence[Wanted], paths: Sequence[str], same: Sequence[str]) -> str:
    """Return the first answer that differs from that of others, as a sentence."""
    others = f"the {len(same)} others that answer alike" if len(same) > 1 else same[0]
    for wanted, got, path in zip(most, own, paths, strict=True):
        if wanted == got:
            continue
        if wanted.statuses != got.statuses:
            return (
                f"answers differently: {path} has status {_statuses(got)}, "
                f"and from {others} status {_statuses(wanted)}."
            )
        return f"answers differently: {path} has another body than from {others}{_bodies(wanted.body, got.body)}."
    raise AssertionError("servers of two groups differ")


def _statuses(wanted: Wanted) -> str:
    return format_statuses(wanted.statuses or frozenset())


def _bodies(wanted: Expectation | None, got: Expectation | None) -> str:
    """Return how two bodies differ, as far as that is known."""
    if wanted is None or got is None or wanted.body is None:
        return "" if got is None or got.body is None else ", which change with each request"
    if got.body is None:
        return ": it changes with each request"
    bad = wanted.explain(min(got.statuses or {200}), got.body)
    return "" if bad is None else f": it has {bad.what}"
