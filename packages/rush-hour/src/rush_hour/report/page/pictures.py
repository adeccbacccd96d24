"""Published beside measured: the three pictures of a published round, as they would look today. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rush_hour.report.page.bars import Bar, bar_of
from rush_hour.report.page.numbers import milliseconds, percent, plain
from rush_hour.report.published import Comparison, compare
from rush_hour.results.document import Document, SystemFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRow:
    """One system: both bars, and both figures in words."""

    title: str
    published: Bar
    measured: Bar | None
    published_text: str
    measured_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One quantity of all systems."""

    heading: str
    caption: str
    rows: list[PictureRow]


def pictures_of(document: Document) -> list[Picture]:
    """Return the three pictures: requests, latency, errors; none without published figures."""
    comparisons = compare(document)
    titles = {system.name: system.title for system in document.systems}
    return [_picture(quantity, comparisons, titles) for quantity in _QUANTITIES] if comparisons else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quantity:
    """What a picture shows: the pieces of a bar, the text beside it, and the end of the axis; 0 for the longest bar."""

    heading: str
    caption: str
    parts: Callable[[SystemFigures], list[tuple[str, float, str]]]
    text: Callable[[SystemFigures], str]
    end: float = 0.0


def _picture(quantity: _Quantity, comparisons: Sequence[Comparison], titles: Mapping[str, str]) -> Picture:
    parts = quantity.parts
    sides = [side for row in comparisons for side in (row.published, row.measured) if side is not None]
    longest = max((sum(length for _, length, _ in parts(side)) for side in sides), default=0.0)
    end = quantity.end or longest or 1.0
    return Picture(
        heading=quantity.heading,
        caption=quantity.caption,
        rows=[
            PictureRow(
                title=titles[row.name],
                published=bar_of(parts(row.published), end),
                measured=None if row.measured is None else bar_of(parts(row.measured), end),
                published_text=quantity.text(row.published),
                measured_text="not measured" if row.measured is None else quantity.text(row.measured),
            )
            for row in comparisons
        ],
    )


def _requests(side: SystemFigures) -> list[tuple[str, float, str]]:
    good, bad = side.goodput_per_s, side.requests_per_s - side.goodput_per_s
    return [("good", good, f"{plain(good)}/s good"), ("bad", bad, f"{plain(bad)}/s bad")]


def _requests_text(side: SystemFigures) -> str:
    bad = side.requests_per_s - side.goodput_per_s
    return f"{plain(side.goodput_per_s)}/s" + (f" + {plain(bad)}/s bad" if bad > 0 else "")


def _latency(side: SystemFigures) -> list[tuple[str, float, str]]:
    return [("time", side.mean_us or 0.0, f"{milliseconds(side.mean_us)} ms")]


def _latency_text(side: SystemFigures) -> str:
    return f"{milliseconds(side.mean_us)} ms" + (
        "" if side.max_us is None else f", at most {milliseconds(side.max_us)}"
    )


def _errors(side: SystemFigures) -> list[tuple[str, float, str]]:
    return [("bad", side.bad_ratio, f"{percent(side.bad_ratio)} %")]


def _errors_text(side: SystemFigures) -> str:
    return f"{percent(side.bad_ratio)} %"


_QUANTITIES = (
    _Quantity(heading="Requests", caption="answers per second, good and bad", parts=_requests, text=_requests_text),
    _Quantity(
        heading="Latency", caption="mean of all answers, good and bad, in ms", parts=_latency, text=_latency_text
    ),
    _Quantity(
        heading="Errors", caption="bad answers, in percent of all answers", parts=_errors, text=_errors_text, end=1.0
    ),
)
