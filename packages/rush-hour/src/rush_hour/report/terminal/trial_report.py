"""A trial on the terminal: the answer, the command line to paste, the ranking, what is out and why, what is missing."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.judge.answer.trial import command_of, full_name, out_of, rank_text, trial_lines
from rush_hour.report.conditions import machine_lines
from rush_hour.report.terminal.colours import DOES_NOT_HOLD, FAINT, STRONG
from rush_hour.report.terminal.columns import is_empty, number_column
from rush_hour.report.terminal.remarks import answer_lines
from rush_hour.report.terminal.tables import Column, WholeTable
from rush_hour.results.document import Document
from rush_hour.results.run import Run
from rush_hour.results.trial import Contender, Trial
from rush_hour.units import format_bytes, format_per_s

LEGEND = (
    "Latency counts from when each request was due. CPU: of the server's processes, for each good answer. "
    "Busiest: the share of the answers that came from one process. Reload: requests lost of those due meanwhile."
)


def trial_report(document: Document) -> RenderableType:
    """Return the whole report of a trial."""
    trial = document.trial
    assert trial is not None, "the document of a try has one"
    command = command_of(document)
    parts: list[RenderableType] = [answer_lines([document])]
    if command is not None:
        parts += ["", Text(command, STRONG)]
    lines = [*trial_lines(document), *machine_lines(document)]
    parts += ["", Text.assemble((trial.target, STRONG), *(f"\n{line}" for line in lines))]
    placed = [one for one in trial.contenders if one.place is not None]
    if placed:
        parts += ["", WholeTable(ranking_columns(document, placed)), Text(LEGEND, FAINT)]
    return Group(*parts, *_rest(document, trial))


def ranking_columns(document: Document, placed: Sequence[Contender]) -> list[Column]:
    """Return the ranking: a row for each contender that has a rate."""
    runs = runs_of(document)
    found = [runs.get(one.name) for one in placed]
    columns = [
        Column("contender", [full_name(one) for one in placed], align="left"),
        Column("rank", [rank_text(one) for one in placed], group="rate"),
        Column("holds/s", [format_per_s(one.rate_per_s or 0.0) for one in placed], group="rate"),
        Column("from", [format_per_s(one.low_per_s or 0.0) for one in placed], group="rate"),
        Column("to", ["-" if one.high_per_s is None else format_per_s(one.high_per_s) for one in placed], group="rate"),
        number_column(
            "p99\nms",
            [
                None if run is None or run.result.latency_us is None else run.result.latency_us.p99 / 1000
                for run in found
            ],
            decimals=1,
            group="cost",
        ),
        number_column(
            "CPU\nµs",
            [None if run is None else run.cpu_us_per_good_answer("server") for run in found],
            decimals=0,
            group="cost",
        ),
        Column("memory", [memory_text(run) for run in found], group="cost"),
        Column("busiest", [busiest_text(one) for one in placed], group="more"),
        Column("reload", [reload_text(one) for one in placed], group="more"),
        number_column("start\ns", [one.start_s for one in placed], decimals=1, group="more"),
        Column("round", [str(one.last.round) if one.last else "-" for one in placed], group="more"),
    ]
    return [column for column in columns if not is_empty(column)]


def runs_of(document: Document) -> Mapping[str, Run]:
    """Return the run that stands for each contender."""
    return {system.name: system.run for system in document.systems if system.run is not None}


def memory_text(run: Run | None) -> str:
    """Return the server's highest memory in a run."""
    return "-" if run is None or run.resources is None else format_bytes(run.resources.server.max_rss_bytes)


def busiest_text(contender: Contender) -> str:
    """Return the share of the busiest process, where there are several."""
    ratio = contender.busiest_ratio
    return "-" if ratio is None or (contender.workers or 1) < 2 else f"{100 * ratio:.0f} %"


def reload_text(contender: Contender) -> str:
    """Return what was lost on a reload."""
    reload = contender.reload
    if reload is None:
        return "-"
    return f"{reload.lost:,} of {reload.due:,}" if reload.survived else f"ended by {reload.signal}"


def remark_texts(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what else is to be said, each with the contender that it is about."""
    trial = document.trial
    assert trial is not None, "the document of a try has one"
    reasons = {system.name: system.reason for system in document.systems}
    for one in out_of(trial):
        name = one.title if not one.estimates else full_name(one)
        if (reason := reasons.get(one.name)) is not None:
            yield name, reason
        elif one.estimates:
            saturation = format_per_s(one.saturation_per_s or 0.0)
            yield name, f"no rate meets the objective; at the most {saturation}/s were answered well."
    for number, one in enumerate(trial.contenders):
        if number == 0 and one.gave_first and one.place is not None:
            yield full_name(one), f"{one.gave_first}, where the objective begins to be missed."
        for remark in one.remarks:
            yield full_name(one), remark


def _rest(document: Document, trial: Trial) -> Iterator[RenderableType]:
    texts = list(remark_texts(document))
    if texts:
        yield ""
    for name, text in texts:
        first, _, more = text.partition("\n")
        yield Text.assemble(("! ", DOES_NOT_HOLD), (f"{name}: ", STRONG), first)
        if more:
            yield Text("\n".join(f"    {line}" for line in more.splitlines()[-6:]), FAINT)
    if trial.missing:
        yield ""
        yield Text("Not installed, and not tried:", FAINT)
        for one in trial.missing:
            yield Text(f"  {one.title}: {one.command}", FAINT)
