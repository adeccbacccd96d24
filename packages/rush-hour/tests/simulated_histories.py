"""Histories whose true changes are known, and what else finds changes: ruptures, and a plain threshold.

    .venv/bin/python packages/rush-hour/tests/simulated_histories.py

prints how often each finds a step, and says that there is one where there is none.
"""

import math
import sys
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rush_hour.judge.history.changes import steps

Logs = NDArray[np.float64]
Finder = Callable[[Logs], list[int]]

SEED = 20261211
HISTORIES = 500
DOCUMENTS, STEP_AT = 60, 40
STEP = 0.05
FIGURES = 6
START_SPREAD, FIGURE_SPREAD = 0.03, 0.01  # by how much documents differ: all figures together, and each for itself
NEAR = 3  # documents from the true place
LEAST = math.log1p(0.02)
OUTLIER_RATIO, OUTLIER_SPREAD = 0.05, 0.3


def histories(*, step: float, seed: int = SEED, count: int = HISTORIES, step_at: int = STEP_AT) -> Logs:
    """Logarithms of figures, shape `(count, figures, documents)`; all of them step."""
    rng = np.random.default_rng(seed)
    starts = rng.normal(0, START_SPREAD, (count, 1, DOCUMENTS))
    made: Logs = starts + rng.normal(0, FIGURE_SPREAD, (count, FIGURES, DOCUMENTS))
    made[..., step_at:] += math.log1p(step)
    return made


def with_outliers(made: Logs, seed: int = SEED) -> Logs:
    """The same with documents that are slower by much, one in twenty."""
    rng = np.random.default_rng(seed)
    hit = rng.random(made[:, :1].shape) < OUTLIER_RATIO
    return made + hit * np.abs(rng.normal(0, OUTLIER_SPREAD, hit.shape))


def ours(logs: Logs) -> list[int]:
    """Where we see a change of one figure of six."""
    return [step.at for step in steps(logs.tolist(), level=0.05 / FIGURES, least=LEAST)]


def ruptures_pelt(logs: Logs) -> list[int]:
    """Where ruptures does: PELT, squared distances, a price of 2 log n variances, and our least magnitude."""
    import ruptures  # noqa: PLC0415  # which newer Pythons do not have

    noise = float(np.median(np.abs(np.diff(logs)))) / 0.6745 / math.sqrt(2)
    search = ruptures.KernelCPD(kernel="linear", min_size=2)  # the same as Pelt(model="l2", jump=1), compiled
    found = search.fit(logs[:, None]).predict(pen=2 * math.log(len(logs)) * noise**2)
    cuts = [0, *found]
    means = [float(np.mean(logs[a:b])) for a, b in pairwise(cuts)]
    return [cut for cut, (one, other) in zip(found, pairwise(means), strict=False) if abs(other - one) >= LEAST]


def threshold(logs: Logs) -> list[int]:
    """Where a document is more than 5 % from the one before it."""
    return [int(at) + 1 for at in np.flatnonzero(np.abs(np.diff(logs)) > math.log1p(STEP))]


def counted(find: Finder, made: Logs, step_at: int | None) -> tuple[float, float]:
    """How many histories have a change found where it is, and how many are said to have one where there is none.

    Args:
        find: looks at one figure.
        made: shape `(histories, documents)`.
        step_at: where the change is; None where there is none.
    """
    found = [find(logs) for logs in made]
    near = [any(step_at is not None and abs(at - step_at) <= NEAR for at in one) for one in found]
    wrong = [any(step_at is None or abs(at - step_at) > NEAR for at in one) for one in found]
    return sum(near) / len(made), sum(wrong) / len(made)


def main() -> None:
    """Print the table of the documentation."""
    finders: dict[str, Finder] = {"rush-hour": ours, "ruptures": ruptures_pelt, "threshold": threshold}
    for what, change in (("", lambda made: made), ("with outliers", with_outliers)):
        still, stepped = (change(histories(step=step)) for step in (0.0, STEP))
        for name, find in finders.items():
            alarms = counted(find, still[:, 0], None)[1]
            power, elsewhere = counted(find, stepped[:, 0], STEP_AT)
            sys.stdout.write(f"{name} {what}: {power:.1%}, elsewhere {elsewhere:.1%}, none {alarms:.1%}\n")
    still = histories(step=0.0)
    any_of_six = np.mean([any(ours(logs) for logs in one) for one in still])
    sys.stdout.write(f"any of six figures without a step {any_of_six:.1%}\n")
    for behind in (2, 3, 5, 10, 20):
        for step in (0.05, 0.1, 0.2):
            made = histories(step=step, step_at=DOCUMENTS - behind)
            power, _ = counted(ours, made[:, 0], DOCUMENTS - behind)
            sys.stdout.write(f"{behind} behind a step of {step:.0%}: {power:.1%}\n")


if __name__ == "__main__":
    main()
