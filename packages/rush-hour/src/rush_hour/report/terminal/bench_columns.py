"""The columns of a bench's tables: how each system did, what it cost, and what was published of it."""

from collections.abc import Iterable, Sequence

from rich.text import Text

from rush_hour.core.figures import DurationSummary
from rush_hour.judge.answer.standing import Standing
from rush_hour.report.published import Comparison
from rush_hour.report.terminal.blocks import bar, goodput_line
from rush_hour.report.terminal.colours import colour_of
from rush_hour.report.terminal.columns import NONE, duration_columns, is_empty, number_column, size_column
from rush_hour.report.terminal.tables import Column
from rush_hour.results.resources import ROLES
from rush_hour.results.run import Run

PERCENTILES = ("p50", "p90", "p99", "max")
BAR_WIDTH = 8


def result_columns(standings: Sequence[Standing]) -> list[Column]:
    """Return how systems did: names, verdicts, goodput, latencies; of several runs, those of the median goodput."""
    runs = [standing.run for standing in standings]
    colours = [colour_of(standing.finding) for standing in standings]
    verdicts = [Text(standing.finding, colour) for standing, colour in zip(standings, colours, strict=True)]
    latencies = [None if run is None else run.result.latency_us for run in runs]
    return [
        _names(standings),
        *_filled(
            [
                Column("verdict", verdicts, align="left", group="goodput"),
                number_column(
                    "good/s", [None if run is None else run.result.goodput_per_s for run in runs], group="goodput"
                ),
                _picture("of offered", [None if run is None else _share(run) for run in runs], colours),
                _picture("over time", [None if run is None else goodput_line(run, BAR_WIDTH) for run in runs], colours),
                *_bad_column(runs),
                *_latency_columns(latencies),
            ]
        ),
    ]


def cost_columns(standings: Sequence[Standing]) -> list[Column]:
    """Return what systems used: names, CPU for each good answer by role, memory; names alone where nothing is known."""
    runs = [standing.run for standing in standings]
    cpu = [
        number_column(
            f"{role}\nCPU µs", [None if run is None else run.cpu_us_per_good_answer(role) for run in runs], group="cpu"
        )
        for role in ROLES
    ]
    resources = [None if run is None else run.resources for run in runs]
    memory = size_column(
        "peak\nmemory", [None if one is None else float(one.server.max_rss_bytes) for one in resources], group="memory"
    )
    return [_names(standings), *_filled([*cpu, memory])]


def comparison_columns(comparison: Sequence[Comparison]) -> list[Column]:
    """Return published figures, and below each those that were measured."""
    sides = [side for row in comparison for side in (row.published, row.measured)]

    def values(of: str, factor: float = 1.0) -> list[float | None]:
        figures = [None if side is None else getattr(side, of) for side in sides]
        return [None if figure is None else figure * factor for figure in figures]

    return [
        Column("system", [name for row in comparison for name in (row.name, "  measured")], align="left"),
        number_column("rate/s", values("rate_per_s"), group="per_s"),
        number_column("answers/s", values("requests_per_s"), group="per_s"),
        number_column("good/s", values("goodput_per_s"), group="per_s"),
        number_column("bad %", values("bad_ratio", 100.0), decimals=1, group="per_s"),
        *duration_columns(("mean", "max"), [values("mean_us"), values("max_us")], group="latency", form="{0} {1}"),
    ]


def _names(standings: Sequence[Standing]) -> Column:
    return Column("system", [standing.name for standing in standings], align="left")


def _filled(columns: Iterable[Column]) -> list[Column]:
    """Return the columns in which there is something."""
    return [column for column in columns if not is_empty(column)]


def _bad_column(runs: Sequence[Run | None]) -> list[Column]:
    """Return the share of bad answers, where there are any."""
    bad = [None if run is None or run.result.bad_ratio is None else 100 * run.result.bad_ratio for run in runs]
    return [number_column("bad\n%", bad, decimals=1, group="goodput")] if any(bad) else []


def _share(run: Run) -> str | None:
    offered_per_s = run.plan.rate_per_s
    return None if offered_per_s is None else bar(run.result.goodput_per_s / offered_per_s, BAR_WIDTH)


def _picture(heading: str, pictures: Sequence[str | None], colours: Sequence[str]) -> Column:
    cells = [Text(picture or NONE, colour) for picture, colour in zip(pictures, colours, strict=True)]
    return Column(heading, cells, align="left", group="goodput")


def _latency_columns(latencies: Sequence[DurationSummary | None]) -> list[Column]:
    columns = [[None if one is None else float(getattr(one, name)) for one in latencies] for name in PERCENTILES]
    return duration_columns(PERCENTILES, columns, group="latency")
