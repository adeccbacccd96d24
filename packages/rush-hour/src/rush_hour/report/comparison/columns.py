"""A comparison as columns and lines of text, for terminal and Markdown alike. Pure."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from rush_hour.core.intervals import LEVEL
from rush_hour.judge.compare.compare import Comparison, Line, Verdict
from rush_hour.judge.compare.sentence import change_of
from rush_hour.report.terminal.colours import BROKEN, HOLDS
from rush_hour.report.terminal.columns import NONE, aligned, is_empty
from rush_hour.report.terminal.tables import Column

_COLOURS: dict[Verdict, str] = {"better": HOLDS, "worse": BROKEN}


def comparison_columns(comparison: Comparison) -> list[Column]:
    """Return the figures of two systems, how they differ, and what could have been found."""
    lines = comparison.lines
    columns = [
        Column("figure", [line.metric.heading for line in lines], align="left"),
        Column(comparison.first.name, [_figure(line, line.look.first) for line in lines], group="figures"),
        Column(comparison.second.name, [_figure(line, line.look.second) for line in lines], group="figures"),
        Column("difference", [change_of(line) or NONE for line in lines], group="verdict"),
        Column("verdict", [Text(verdict_text(line), _COLOURS.get(line.verdict, "")) for line in lines], align="left",
               group="verdict"),
        Column("would be\nfound from", aligned([excess_text(least_of(line)) for line in lines]), group="power"),
        Column("runs of one\ndiffer by up to", aligned([excess_text(line.look.noise) for line in lines]),
               group="power"),
    ]  # fmt: skip
    return [column for column in columns if not is_empty(column)]


def least_of(line: Line) -> float | None:
    """Return the least ratio, above 1, that would have been found; None where nothing is known of it."""
    return None if line.judged is None else line.judged.least_found


def verdict_text(line: Line) -> str:
    """Return a verdict with why there is none, or what would give one."""
    if line.verdict == "not comparable":
        return f"not comparable: {line.look.reason}"
    if line.verdict != "cannot tell":
        return line.words
    more = line.more_repeats
    if more is not None:
        return f"cannot tell; about {more:,} more repeat{'s' if more > 1 else ''} would"
    return f"cannot tell: {line.look.reason}" if line.look.reason else "cannot tell"


def _figure(line: Line, value: float | None) -> str:
    return NONE if value is None else line.metric.text_of(value)


def excess_text(ratio: float | None, none: str = NONE) -> str:
    """Return a ratio above 1 as a difference in per cent; where there is none, what stands for that."""
    if ratio is None:
        return none
    percent = 100 * (ratio - 1)
    return f"{percent:.1f} %" if percent < 1000 else f"{ratio:,.0f} times"


def basis_lines(comparison: Comparison) -> Iterator[str]:
    """Yield of what the errors are known, and how intervals are to be read."""
    lines = [line for line in comparison.lines if line.judged is not None]
    match comparison.basis:
        case "blocks":
            yield f"{comparison.repeats} blocks, in each of which both were started once; ratios are of one block."
        case "runs":
            runs = [len(side.runs) for side in (comparison.first, comparison.second)]
            yield f"{runs[0]} runs and {runs[1]} runs, each a start of its own."
        case "seconds":
            yield (
                "One run of each: intervals are from how the seconds of those runs differ. How much starts differ is "
                "not in them; repeat (rush-hour bench --repeats 9) before you rely on it."
            )
    if lines:
        yield _level_line(comparison, lines)


def _level_line(comparison: Comparison, lines: Sequence[Line]) -> str:
    levels = sorted({line.judged.level for line in lines if line.judged is not None})
    shown = f"{100 * levels[0]:.3g} %"
    if levels[-1] > levels[0]:
        shown = f"{shown} to {100 * levels[-1]:.3g} %"
    why = ""
    if levels[-1] > LEVEL:
        why = ", as Holm's method wants them: where nothing differs, a difference is told of once in 20 comparisons"
    return f"Intervals are of {shown}{why}. Within ±{100 * comparison.margin_ratio:g} % systems are the same."
