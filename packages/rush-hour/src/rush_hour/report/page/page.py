"""The page of one or several documents, put together."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from rush_hour import __version__
from rush_hour.judge.answer.answer import answer_of
from rush_hour.judge.answer.trial import judged
from rush_hour.judge.compare.compare import Comparison
from rush_hour.judge.compare.pairs import comparisons_of
from rush_hour.judge.compare.sentence import answer_of_comparisons
from rush_hour.judge.recovery import recoveries_of
from rush_hour.judge.remarks.document_trust import trust_of
from rush_hour.judge.search.knee import shown
from rush_hour.report.conditions import machine_lines, offer_line
from rush_hour.report.harmless import harmless
from rush_hour.report.imported import imported_columns, imported_notes
from rush_hour.report.page import numbers
from rush_hour.report.page.balance import balance_of
from rush_hour.report.page.bars import ROLES, cpu_bar, cpu_us_of, offered_bar
from rush_hour.report.page.curves import percentile_rows
from rush_hour.report.page.details import details_of
from rush_hour.report.page.differences import differences_of
from rush_hour.report.page.entries import entries_of, measured
from rush_hour.report.page.figures import figures_of
from rush_hour.report.page.knees import knee_figures, knees_of
from rush_hour.report.page.numbers import rows_of
from rush_hour.report.page.pictures import pictures_of
from rush_hour.report.page.policy import content_security_policy
from rush_hour.report.page.rankings import rankings_of
from rush_hour.report.page.repeats import strips_of
from rush_hour.report.page.timelines import TABLE_ROWS_LIMIT, buckets_of, usage_by_role
from rush_hour.results.document import Document

PACKAGE = "rush_hour.report.page"


def render_page(documents: Sequence[Document], comparisons: Sequence[Comparison] = ()) -> str:
    """Return documents as one HTML page that needs nothing else.

    Args:
        documents: one or more; the systems of all stand in one table.
        comparisons: of their systems, which come first; without any, those of their pairs.
    """
    whole = [harmless(document) for document in documents]
    documents = [shown(document) for document in whole]
    answer = answer_of_comparisons(comparisons) if comparisons else answer_of(documents)
    comparisons = comparisons or [one for document in documents for one in comparisons_of(document)]
    imported = [document for document in documents if document.kind == "import"]
    entries = entries_of([document for document in documents if document.kind != "import"])
    runs = measured(entries)
    style, script = style_text(), script_text()
    return (
        environment()
        .get_template("page.html")
        .render(
            documents=documents,
            title=_title(documents),
            imported_rows=rows_of(imported_columns(imported)) if imported else [],
            imported_remarks=list(imported_notes(imported)),
            answer=answer,
            differences=differences_of(comparisons),
            trust=trust_of([system for document in documents for system in judged(document).systems]),
            entries=entries,
            offers=[
                offer_line([one.standing for one in entries if one.document is document]) for document in documents
            ],
            runs=runs,
            roles=ROLES,
            longest_cpu_us=max((sum(cpu_us_of(one.run).values()) for one in runs), default=0.0),
            pictures=[picture for document in documents for picture in pictures_of(document)],
            repeats=strips_of(entries),
            details=[details_of(entry) for entry in entries],
            table_rows=TABLE_ROWS_LIMIT,
            knees=knees_of(whole),
            rankings=rankings_of(documents),
            figures=figures_of(entries) | {"knees": knee_figures(whole), "histories": []},
            policy=content_security_policy(style=style, script=script),
            style=Markup(style),  # noqa: S704  # both were written here
            script=Markup(script),  # noqa: S704
            version=__version__,
        )
    )


def _title(documents: Sequence[Document]) -> str:
    titles = [
        document.suite.title if document.suite is not None else ", ".join(system.title for system in document.systems)
        for document in documents
    ]
    return " · ".join(dict.fromkeys(titles))


def style_text() -> str:
    """Return the style sheet of a page."""
    return _asset("vendor/uplot/uPlot.min.css") + "\n" + _asset("assets/page.css")


def script_text() -> str:
    """Return the script of a page."""
    return _asset("vendor/uplot/uPlot.iife.min.js") + "\n" + _asset("assets/page.js")


@cache
def environment() -> Environment:
    """Return what fills in templates."""
    made = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    made.filters |= {
        "plain": numbers.plain,
        "whole": numbers.whole,
        "milliseconds": numbers.milliseconds,
        "mebibytes": numbers.mebibytes,
        "percent": numbers.percent,
        "instant": numbers.instant,
        "rows_together": lambda columns: list(zip(*columns, strict=False)),
    }
    made.globals |= {
        "balance_of": balance_of,
        "buckets_of": buckets_of,
        "cpu_bar": cpu_bar,
        "cpu_us_of": cpu_us_of,
        "machine_lines": machine_lines,
        "offered_bar": offered_bar,
        "percentile_rows": percentile_rows,
        "recoveries_of": recoveries_of,
        "usage_by_role": usage_by_role,
    }
    return made


def _asset(name: str) -> str:
    return files(PACKAGE).joinpath(name).read_text(encoding="utf-8")
