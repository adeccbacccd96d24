"""Measurements of systems whose true figures are known: what comparisons say of them can be counted."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.float64]
OneFigure = tuple[float, float, list[float], list[float]]  # of both whole runs, and of each second of both

METRICS = ("goodput", "p50", "p99", "p99.9", "cpu", "memory")
AT_ONCE = 50  # pairs, for the memory's sake
PERSISTENCE = 0.7  # how much of one request's slowness the next one still has
LATENCY_SPREAD = 0.4  # of the logarithm
RESTART_SPREAD = 0.03  # by how much starts differ, all figures of one together
FIGURE_SPREAD = 0.01  # and each figure for itself
PER_SECOND = 200  # requests, where seconds are looked at


def correlated(rng: np.random.Generator, runs: int, length: int, persistence: float) -> Figures:
    """A standard normal series for each run, whose values are each near the one before; shape `(runs, length)`."""
    made = np.empty((length, runs))
    state = rng.normal(size=runs)
    for number in range(length):
        state = persistence * state + np.sqrt(1 - persistence**2) * rng.normal(size=runs)
        made[number] = state
    return made.T


def repeated(
    rng: np.random.Generator, *, trials: int, blocks: int, difference: float, drift: float = 0.05, requests: int = 600
) -> Iterator[Figures]:
    """Yield the figures of two systems in each block, shape `(blocks, 2, metrics)`.

    Args:
        rng: makes what is made by chance.
        trials: how many pairs of systems.
        blocks: of each.
        difference: by how much every figure of the second system is above that of the first one, as a share.
        drift: by how much the machine's speed changes from block to block.
        requests: of each run.
    """
    for begin in range(0, trials, AT_ONCE):
        shape = (min(AT_ONCE, trials - begin), blocks, 2)
        machine = np.cumsum(rng.normal(0, drift, (*shape[:2], 1)), axis=1)
        level = machine + rng.normal(0, RESTART_SPREAD, shape) + np.array([0.0, np.log1p(difference)])
        latencies = LATENCY_SPREAD * correlated(rng, int(np.prod(shape)), requests, PERSISTENCE)
        percentiles = np.percentile(latencies, (50, 99, 99.9), axis=1).reshape(3, *shape)
        figures = np.stack([level, *(percentiles + level), level, level], axis=-1)
        yield from np.exp(figures + rng.normal(0, FIGURE_SPREAD, figures.shape))


def two_runs(
    rng: np.random.Generator, *, trials: int, seconds: int, persistence: float
) -> Iterator[tuple[OneFigure, OneFigure]]:
    """Yield p50 and p99 of two runs that are of one system, in which what makes a second slow lasts into the next.

    Args:
        rng: makes what is made by chance.
        trials: how many pairs of runs.
        seconds: of each.
        persistence: how much of a second's slowness the next one still has.
    """
    for _ in range(trials):
        level = 0.1 * correlated(rng, 2, seconds, persistence)
        latencies = level[..., None] + LATENCY_SPREAD * rng.normal(size=(2, seconds, PER_SECOND))
        whole = np.exp(np.percentile(latencies.reshape(2, -1), (50, 99), axis=1))
        of_seconds = np.exp(np.percentile(latencies, (50, 99), axis=2))
        p50, p99 = (
            (float(whole[at, 0]), float(whole[at, 1]), of_seconds[at, 0].tolist(), of_seconds[at, 1].tolist())
            for at in (0, 1)
        )
        yield p50, p99
