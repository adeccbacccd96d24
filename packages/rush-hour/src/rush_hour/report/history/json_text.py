"""Histories as JSON, for other programs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from rush_hour.judge.history.history import Change, History, Line
from rush_hour.judge.history.points import Point
from rush_hour.judge.history.sentence import answer_of_histories

Json = dict[str, Any]


def histories_json(histories: Sequence[History], notes: Sequence[str]) -> str:
    """Return histories as JSON."""
    found = {
        "answer": answer_of_histories(histories),
        "notes": list(notes),
        "series": [_series(history) for history in histories],
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n"


def _series(history: History) -> Json:
    return {
        "name": history.series.name,
        "conditions": history.series.conditions,
        "documents": [
            _place(point) | {"runs": point.runs, "is_trusted": point.is_trusted, "figures": point.figures}
            for point in history.series.points
        ],
        "figures": [_line(line) for line in history.lines],
    }


def _place(point: Point) -> Json:
    return {"file": point.file, "started_at": point.started_at, "label": point.label, "commit": point.commit}


def _line(line: Line) -> Json:
    surprise = line.surprise
    return {
        "code": line.metric.code,
        "is_higher_better": line.metric.is_higher_better,
        "changes": [_change(change) for change in line.changes],
        "expected_of_newest": None if surprise is None else surprise.expected,
    }


def _change(change: Change) -> Json:
    return {
        "before": _place(change.before),
        "first": _place(change.first),
        "level_before": change.level_before,
        "level": change.level,
        "ratio": change.ratio,
        "p": change.p,
        "is_worse": change.is_worse,
        "documents": change.documents,
        "state": change.state,
    }
