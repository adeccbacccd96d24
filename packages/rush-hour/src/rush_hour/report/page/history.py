"""The page of histories, put together."""

from collections.abc import Sequence

from markupsafe import Markup

from rush_hour import __version__
from rush_hour.judge.history.history import History
from rush_hour.judge.history.sentence import answer_of_histories, time_of
from rush_hour.judge.history.series import moment_of
from rush_hour.report.page.histories import history_figures, history_views
from rush_hour.report.page.page import environment, script_text, style_text
from rush_hour.report.page.policy import content_security_policy
from rush_hour.units import join_names

TITLED = 3  # series that are named in the title


def render_history(histories: Sequence[History], notes: Sequence[str]) -> str:
    """Return histories as one HTML page that needs nothing else."""
    style, script = style_text(), script_text()
    names = list(dict.fromkeys(history.series.name for history in histories))
    points = [point for history in histories for point in history.series.points]
    ends = sorted(points, key=lambda point: moment_of(point.started_at))
    return (
        environment()
        .get_template("history.html")
        .render(
            title=f"History of {join_names(names) if len(names) <= TITLED else f'{len(names)} systems'}",
            span=f"{time_of(ends[0])} to {time_of(ends[-1])} UTC" if ends else "",
            answer=answer_of_histories(histories),
            notes=notes,
            histories=history_views(histories),
            entries=[],
            figures={"nines": [], "systems": [], "knees": [], "histories": history_figures(histories)},
            policy=content_security_policy(style=style, script=script),
            style=Markup(style),  # noqa: S704  # both were written here
            script=Markup(script),  # noqa: S704
            version=__version__,
        )
    )
