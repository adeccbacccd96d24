"""The tables of `make perf-http`: medians over the repetitions, and ratios. Pure.

A ratio is taken between two systems in the same repetition, and of these the median: so a machine that is slower for a
minute is slower for both. `±` is half the range of the repetitions, in percent of the median.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from http_trials import Trial
from rich.table import Table

from rush_hour.judge.trust import OTHER_LOAD_RATIO

Trials = Mapping[str, Sequence[Trial]]  # of each system, one for each repetition
Read = Callable[[Trial], float]

OURS = "api-hour"
NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the systems of a suite are compared with.

    Attributes:
        yardstick: the peer that each is compared with, beside the best.
        like_for_like: of each of ours, the servers that run the same application, or one with the same kind of handler.
    """

    yardstick: str
    like_for_like: Mapping[str, Sequence[str]]


ASYNC = Comparison(
    yardstick="uvicorn",
    like_for_like={
        "api-hour": ("socketify-coroutine",),
        "api-hour-plain": ("socketify",),
        "api-hour-asgi": ("uvicorn", "granian", "gunicorn", "hypercorn"),
        "api-hour-fastapi": ("uvicorn-fastapi", "granian-fastapi"),
    },
)
WSGI = Comparison(
    yardstick="uwsgi",
    like_for_like={
        "api-hour": ("meinheld", "uwsgi", "uwsgi-router", "granian", "fastpysgi", "gunicorn-sync"),
        "api-hour-threads": ("granian-threads", "gunicorn-gthread", "waitress", "cheroot"),
    },
)


def is_ours(name: str) -> bool:
    """Tell whether a system runs on our engine."""
    return name == OURS or name.startswith(f"{OURS}-")


def requests_per_s(trial: Trial) -> float:
    """Return the capacity."""
    return trial.full.goodput_per_s


def cpu_at_full_speed(trial: Trial) -> float:
    """Return the server's CPU time for each good answer at full speed."""
    return trial.full.server_cpu_us


def cpu_at_common_rate(trial: Trial) -> float:
    """Return the server's CPU time for each good answer at the rate that all are offered."""
    return trial.common.server_cpu_us


def holds_common_rate(repeated: Sequence[Trial]) -> bool:
    """Tell whether a system held the rate that all are offered, in most repetitions."""
    return sum(trial.common.holds for trial in repeated) > len(repeated) / 2


def ratio(ours: Sequence[Trial], its: Sequence[Trial], read: Read) -> float:
    """Return the median of the ratios within each repetition."""
    return median(read(one) / read(other) for one, other in zip(ours, its, strict=True))


def best_peer(trials: Trials, read: Read, *, highest: bool) -> str | None:
    """Return the peer with the best median; None when no peer was measured."""
    medians = {name: median(map(read, repeated)) for name, repeated in trials.items() if not is_ours(name)}
    if not medians:
        return None
    return (max if highest else min)(medians, key=medians.__getitem__)


def main_table(title: str, trials: Trials, *, yardstick: str, common_rate_per_s: float) -> Table:
    """Return a row for each system, the fastest first."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("system\n")
    has_database = any(trial.full.database_cpu_us is not None for repeated in trials.values() for trial in repeated)
    compared = "of best\npeer", f"of\n{yardstick}"
    headings = ["full speed\nrequests/s", "\n±%", *compared, "full speed\nCPU µs", "\n±%", *compared]
    headings += [f"{common_rate_per_s:,.0f}/s\nCPU µs", *compared]
    headings += ["database\nCPU µs"] if has_database else []
    for heading in (*headings, "half speed\np99 ms", "memory\nMB"):
        table.add_column(heading, justify="right")
    holding = {name: repeated for name, repeated in trials.items() if holds_common_rate(repeated)}
    for name, repeated in sorted(trials.items(), key=lambda item: -median(map(requests_per_s, item[1]))):
        at_least = ">" if any(trial.full.generator_is_the_limit for trial in repeated) else ""
        cells = [at_least + f"{median(map(requests_per_s, repeated)):,.0f}", _spread(repeated, requests_per_s)]
        cells += _compared(trials, name, yardstick, requests_per_s, highest=True)
        cells += [f"{median(map(cpu_at_full_speed, repeated)):.1f}", _spread(repeated, cpu_at_full_speed)]
        cells += _compared(trials, name, yardstick, cpu_at_full_speed, highest=False)
        cells += [f"{median(map(cpu_at_common_rate, repeated)):.1f}"] if name in holding else [NONE]
        cells += _compared(holding, name, yardstick, cpu_at_common_rate, highest=False)
        cells += [f"{median(trial.full.database_cpu_us or 0.0 for trial in repeated):.1f}"] if has_database else []
        cells += [f"{median(trial.half.p99_us or 0 for trial in repeated) / 1000:.2f}", f"{_memory_mb(repeated):.0f}"]
        table.add_row(name, *cells)
    return table


def like_for_like_table(trials: Trials, like_for_like: Mapping[str, Sequence[str]]) -> Table | None:
    """Return how ours compare with those that do the very same; None when no such two were measured."""
    table = Table(title="like for like, ours / its", title_justify="left", box=None, pad_edge=False)
    table.add_column("ours")
    table.add_column("its")
    for heading in ("requests/s", "CPU at full speed", "CPU at the common rate"):
        table.add_column(heading, justify="right")
    for ours, others in like_for_like.items():
        for other in others:
            if ours in trials and other in trials:
                pair = trials[ours], trials[other]
                both_hold = all(map(holds_common_rate, pair))
                at_common_rate = f"{ratio(*pair, cpu_at_common_rate):.2f}" if both_hold else NONE
                speed, cpu = ratio(*pair, requests_per_s), ratio(*pair, cpu_at_full_speed)
                table.add_row(ours, other, f"{speed:.2f}", f"{cpu:.2f}", at_common_rate)
    return table if table.row_count else None


def notes(trials: Trials) -> list[str]:
    """Return what to know about the figures."""
    lines = []
    if any(trial.full.generator_is_the_limit for repeated in trials.values() for trial in repeated):
        lines.append("> the load generator had no more to give: the server can do more. Its CPU time stands.")
    loads = [load for repeated in trials.values() for trial in repeated for load in trial.loads]
    disturbed = [load.others_ratio for load in loads if load.others_ratio > OTHER_LOAD_RATIO]
    if disturbed:
        lines.append(
            f"In {len(disturbed)} of {len(loads)} loads other programs took more than {OTHER_LOAD_RATIO:.0%} of the "
            f"machine's CPU, up to {max(disturbed):.0%}: read ratios, and measure again when nothing else runs."
        )
    return lines


def _compared(trials: Trials, name: str, yardstick: str, read: Read, *, highest: bool) -> list[str]:
    """Return the ratios to the best peer and to the yardstick."""
    cells = []
    for other in (best_peer(trials, read, highest=highest), yardstick):
        if other is None or other not in trials or name not in trials:
            cells.append(NONE)
        else:
            cells.append(f"{ratio(trials[name], trials[other], read):.2f}")
    return cells


def _spread(repeated: Sequence[Trial], read: Read) -> str:
    figures = [read(trial) for trial in repeated]
    return f"{(max(figures) - min(figures)) / 2 / median(figures) * 100:.0f}"


def _memory_mb(repeated: Sequence[Trial]) -> float:
    return median(max(load.max_rss_bytes for load in trial.loads) for trial in repeated) / 1e6
