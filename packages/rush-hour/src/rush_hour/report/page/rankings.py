"""Rankings: of each trial on a page the contenders with their intervals, what is out and why, what is missing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rush_hour.judge.answer.trial import command_of, full_name, rank_text, rate_text, trial_lines
from rush_hour.report.terminal.trial_report import ranking_columns, remark_texts
from rush_hour.results.document import Document
from rush_hour.results.trial import Contender, MissingServer, Trial
from rush_hour.units import format_per_s

IN_OTHER_COLUMNS = frozenset({"contender", "rank", "holds/s", "from", "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRow:
    """A contender: places from 0 to 100 on the axis of rates, and the other cells of its row.

    Attributes:
        text: the interval in words.
    """

    name: str
    rank: str
    rate: str
    low_percent: float
    rate_percent: float
    high_percent: float
    text: str
    cells: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A trial.

    Attributes:
        lines: how it was tried.
        command: the best contender's command line; None without one.
        end: of the axis.
        headings: of the other columns.
        remarks: what is to be said of contenders, by name.
    """

    title: str
    objective: str
    lines: list[str]
    command: str | None
    end: str
    headings: list[str]
    rows: list[RankingRow]
    remarks: list[tuple[str, str]]
    missing: list[MissingServer]


def rankings_of(documents: Sequence[Document]) -> list[Ranking]:
    """Return the trials among documents."""
    return [_ranking(document, document.trial) for document in documents if document.trial is not None]


def _ranking(document: Document, trial: Trial) -> Ranking:
    placed = [one for one in trial.contenders if one.place is not None]
    end_per_s = max((one.high_per_s or one.rate_per_s or 0.0 for one in placed), default=0.0) or 1.0
    columns = [one for one in ranking_columns(document, placed) if one.heading not in IN_OTHER_COLUMNS]
    return Ranking(
        title=trial.target,
        objective=trial.objective,
        lines=trial_lines(document),
        command=command_of(document),
        end=format_per_s(end_per_s),
        headings=[column.heading.replace("\n", " ") for column in columns],
        rows=[
            _row(one, end_per_s, [str(column.cells[number]) for column in columns]) for number, one in enumerate(placed)
        ],
        remarks=list(remark_texts(document)),
        missing=list(trial.missing),
    )


def _row(contender: Contender, end_per_s: float, cells: list[str]) -> RankingRow:
    rate_per_s, high_per_s = contender.rate_per_s or 0.0, contender.high_per_s
    places = (contender.low_per_s or 0.0, rate_per_s, end_per_s if high_per_s is None else high_per_s)
    low, rate, high = (round(100 * place / end_per_s, 2) for place in places)
    return RankingRow(
        name=full_name(contender),
        rank=rank_text(contender),
        rate=format_per_s(rate_per_s),
        low_percent=low,
        rate_percent=rate,
        high_percent=high,
        text=rate_text(contender),
        cells=cells,
    )
