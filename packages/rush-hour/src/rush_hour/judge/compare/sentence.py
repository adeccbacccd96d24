"""A comparison in a sentence or two. Pure: comparisons in, text out."""

from collections.abc import Sequence

from rush_hour.core.intervals import Interval
from rush_hour.judge.compare.compare import Comparison, Line
from rush_hour.units import join_names

COSTS = frozenset({"cpu", "memory"})
UNEVEN_RATIO = 0.15  # of half of an interval, by which its sides may differ before its ends are shown


def answer_of_comparisons(comparisons: Sequence[Comparison]) -> str:
    """Return what comparisons say."""
    return " ".join(answer_of_comparison(comparison) for comparison in comparisons)


def answer_of_comparison(comparison: Comparison) -> str:
    """Return what a comparison says."""
    first, second = comparison.first.name, comparison.second.name
    if comparison.obstacles:
        return f"{second} cannot be compared with {first}: {join_names(comparison.obstacles)}."
    differing = comparison.of("better", "worse")
    if not differing:
        return _alike(comparison)
    figures = [f"{line.metric.heading} {change_of(line)}" for line in differing]
    return f"{second} {_verb(comparison)} {_what(differing)} {first}: {join_names(figures)}.{_rest(comparison)}"


def _verb(comparison: Comparison) -> str:
    """Return `is`; of one run each `was`, for another start may do otherwise."""
    return "was" if comparison.basis == "seconds" else "is"


def _what(differing: Sequence[Line]) -> str:
    speed = {line.verdict for line in differing if line.metric.code not in COSTS}
    cost = {line.verdict for line in differing if line.metric.code in COSTS}
    latencies = [line for line in differing if line.words in {"faster", "slower"}]
    if not speed:
        return (
            {"better": "cheaper than", "worse": "more expensive than"}.get(cost.pop(), "") if len(cost) == 1 else _OTHER
        )
    if speed | cost == {"better"}:
        return "faster than" if latencies else "better than"
    if speed | cost == {"worse"}:
        return "slower than" if latencies else "worse than"
    return _OTHER


_OTHER = "better in some respects and worse in others than"


def _rest(comparison: Comparison) -> str:
    """Return what is not different, and what cannot be told, as a sentence after another."""
    same, open_ = comparison.of("same"), comparison.of("cannot tell")
    parts = [
        *([f"the same within {margin_text(comparison.margin_ratio)}: {_names(same)}"] if same else []),
        *([f"cannot be told: {_names(open_)}"] if open_ else []),
    ]
    text = "; ".join(parts)
    return f" {text[0].upper()}{text[1:]}." if text else ""


def _alike(comparison: Comparison) -> str:
    first, second = comparison.first.name, comparison.second.name
    same, open_ = comparison.of("same"), comparison.of("cannot tell")
    if not same and not open_:
        return f"{second} and {first} have no figures that can be compared."
    if not open_:
        return f"{second} and {first} are the same within {margin_text(comparison.margin_ratio)}: {_names(same)}."
    beginning = f"Whether {second} is faster or slower than {first} cannot be told"
    if same:
        beginning = f"No difference between {second} and {first} was found"
    return f"{beginning}{_advice(comparison, open_)}.{_rest(comparison) if same else ''}"


def _advice(comparison: Comparison, open_: Sequence[Line]) -> str:
    """Return how many more repeats would tell."""
    more = [line.more_repeats for line in open_]
    known = [number for number in more if number is not None]
    if known and len(known) == len(more):
        return f": about {max(known):,} more repeats would tell" if max(known) > 1 else ": one more repeat would tell"
    if comparison.basis in {None, "seconds"}:
        return ": repeat both (rush-hour bench --repeats 9)"
    return ": they vary too much"


def _names(lines: Sequence[Line]) -> str:
    return join_names([line.metric.heading for line in lines])


def margin_text(margin_ratio: float) -> str:
    """Return a margin for reading: `±2 %`."""
    return f"±{100 * margin_ratio:g} %"


def change_of(line: Line) -> str:
    """Return by how much a figure differs, for reading: `+7.2 % ± 1.9 %`; empty where that is not known."""
    return "" if line.judged is None else change_text(line.judged.ratio)


def change_text(ratio: Interval) -> str:
    """Return a ratio with its interval for reading: in per cent, or where it is far from 1 as a factor.

    An interval is shown as its half where that says the same as its ends: that both sides of it are about as long, and
    whether it excludes that there is no difference.
    """
    if ratio.high > 2 or ratio.low < 0.5:
        return f"{_factor(ratio.mean)} times ({_factor(ratio.low)} to {_factor(ratio.high)})"
    low, mean, high = (100 * (one - 1) for one in (ratio.low, ratio.mean, ratio.high))
    half = (high - low) / 2
    decimals = 1 if half < 10 else 0
    change = f"{_signed(mean, decimals)} %"
    is_even = abs(high + low - 2 * mean) <= UNEVEN_RATIO * half
    low, mean, high, half = (round(one, decimals) for one in (low, mean, high, half))
    if is_even and (low > 0) == (mean > half) and (high < 0) == (mean < -half):
        return f"{change} ± {half:.{decimals}f} %"
    return f"{change} ({_signed(low, decimals)} to {_signed(high, decimals)} %)"


def _signed(number: float, decimals: int) -> str:
    text = f"{number:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text


def _factor(ratio: float) -> str:
    if ratio > 1000:
        return "more than 1,000"
    return "less than 0.001" if ratio < 0.001 else f"{ratio:.3g}"
