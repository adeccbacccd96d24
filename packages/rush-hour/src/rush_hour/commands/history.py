"""`rush-hour history`: the documents below a directory, how their figures went, and where they changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from rush_hour.archive.notes import archive_notes
from rush_hour.archive.reading import Archive, read_archive
from rush_hour.commands import result_options
from rush_hour.commands.showing import STANDARD_OUTPUT, check_target, put, text_of
from rush_hour.errors import RushHourError, UsageError
from rush_hour.exit_codes import UNTRUSTED
from rush_hour.judge.history.history import Change, History, histories_of, standing_changes
from rush_hour.judge.history.points import FIGURES, Point
from rush_hour.judge.history.sentence import between, size_of
from rush_hour.judge.history.series import Series, series_of
from rush_hour.report.history.columns import notes_of
from rush_hour.report.history.json_text import histories_json
from rush_hour.report.history.markdown import histories_markdown
from rush_hour.report.history.text import histories_report
from rush_hour.report.page_file import history_page
from rush_hour.report.terminal.console import make_console
from rush_hour.units import join_names

PAGE = Path("history.html")
DEFAULT_MARGIN_RATIO = 0.02
DEFAULT_NEW_WITHIN = 10

Format = Literal["text", "markdown", "html", "json"]


def history(
    directory: Annotated[Path, result_options.HISTORY_DIRECTORY],
    /,
    *,
    system: Annotated[list[str], result_options.HISTORY_SYSTEM] = [],  # noqa: B006  # cyclopts reads it and nobody changes it
    label: Annotated[list[str], result_options.HISTORY_LABEL] = [],  # noqa: B006
    metric: Annotated[list[str], result_options.HISTORY_METRIC] = [],  # noqa: B006
    last: Annotated[int | None, result_options.HISTORY_LAST] = None,
    margin: Annotated[float, result_options.MARGIN] = DEFAULT_MARGIN_RATIO,
    untrusted: Annotated[bool, result_options.WITH_UNTRUSTED] = False,
    new_within: Annotated[int, result_options.NEW_WITHIN] = DEFAULT_NEW_WITHIN,
    fail_on_new_change: Annotated[bool, result_options.FAIL_ON_NEW_CHANGE] = False,
    form: Annotated[Format, result_options.HISTORY_FORMAT] = "text",
    output: Annotated[Path | None, result_options.HISTORY_FILE] = None,
) -> int:
    """Show how the figures of all results below DIR went, and where they changed."""
    target = output or (PAGE if form == "html" else STANDARD_OUTPUT)
    _check_metrics(metric)
    archive = read_archive(directory)
    check_target(target, _results_called(target.resolve().name, archive, directory))
    series = series_of(_chosen(archive, directory, system, label), with_untrusted=untrusted, last=last)
    histories = histories_of(series, margin_ratio=margin, new_within=new_within, codes=metric)
    _show(histories, series, archive, form, target)
    return _verdict(histories) if fail_on_new_change else 0


def _results_called(name: str, archive: Archive, directory: Path) -> list[Path]:
    """Return the files of a name that must not be written over: all but JSON that is no result, as of this command."""
    files = [directory / entry.file for entry in archive.entries if entry.finding != "other"]
    return [file for file in files if file.name == name]


def _check_metrics(codes: Sequence[str]) -> None:
    for code in codes:
        if code not in FIGURES:
            raise UsageError(f"--metric: expected {join_names(list(FIGURES), 'or')}, got {code!r}.")


def _chosen(archive: Archive, directory: Path, systems: Sequence[str], labels: Sequence[str]) -> list[Point]:
    """Return the points that were asked for.

    Raises:
        UsageError: there are none.
    """
    points = archive.points
    if not points:
        number = len(archive.entries)
        seen = f"{number:,} file{'s' if number > 1 else ''} of JSON without figures" if number else "none"
        unreadable = [f" {entry.file}: {entry.detail}" for entry in archive.entries if entry.finding == "unreadable"][
            :1
        ]
        raise UsageError(
            f"DIR: expected result files below {directory}, as `load --json FILE`, `bench` and `capacity` write them; "
            f"got {seen}.{''.join(unreadable)}"
        )
    for what, wanted, known in (
        ("--system", systems, {point.system for point in points}),
        ("--label", labels, {point.label for point in points if point.label is not None}),
    ):
        for name in wanted:
            if name not in known:
                told = join_names(sorted(known), "or") or "none: no document has one"
                raise UsageError(f"{what}: expected {told}; got {name!r}.")
    found = [
        point for point in points if (not systems or point.system in systems) and (not labels or point.label in labels)
    ]
    if not found:
        raise UsageError("--system, --label: expected a system and a label of one document; no document has both.")
    return found


def _show(histories: Sequence[History], series: Sequence[Series], archive: Archive, form: Format, target: Path) -> None:
    notes = [*notes_of(series), *archive_notes(archive)]
    if form == "text" and target == STANDARD_OUTPUT:
        make_console().print(histories_report(histories, notes))
        return
    text = {
        "text": lambda: text_of(histories_report(histories, notes)),
        "markdown": lambda: histories_markdown(histories, notes),
        "html": lambda: history_page(histories, notes),
        "json": lambda: histories_json(histories, notes),
    }[form]()
    put(text, target)
    if form == "html" and target != STANDARD_OUTPUT:
        console = make_console()
        console.print(histories_report(histories, notes))
        console.print(f"\npage: {target}", soft_wrap=True)


def _verdict(histories: Sequence[History]) -> int:
    """Return the exit code of new changes for the worse, and say on standard error what it is for.

    Where nothing can be trusted, nothing has passed.
    """
    console = make_console(stderr=True)
    if not histories:
        console.print("not confirmed: no document has a figure that can be trusted; measure again", soft_wrap=True)
        return UNTRUSTED
    confirmed, unconfirmed = standing_changes(histories)
    for change in confirmed:
        console.print(f"new: {change.metric.heading} became {size_of(change)} {between(change)}", soft_wrap=True)
    for one in unconfirmed:
        what = (
            f"became {size_of(one)} {between(one)}" if isinstance(one, Change) else "of the newest document surprises"
        )
        console.print(f"not confirmed: {one.metric.heading} {what}; measure the same commit again", soft_wrap=True)
    if confirmed:
        return RushHourError.exit_code
    return UNTRUSTED if unconfirmed else 0
