"""Serve real applications by API-Hour and by the server that they know, and compare: `make applications`.

Each application is installed from its own package, unchanged, and served by its own entry point, twice: the same
conversation with real clients, on the same port and with the same data. The exit code is 0 when nothing differs, 1 when
something does.
"""

import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cyclopts
from applications_listed import APPLICATIONS
from applications_rig import Application, Run, run
from applications_seen import Transcript, differences, log_complaints
from rich.console import Console
from rich.table import Table

from rush_hour.errors import RushHourError, UsageError

app = cyclopts.App(name="applications", help=__doc__, version_flags=[], suppress_keyboard_interrupt=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How API-Hour and the other server compare."""

    application: Application
    steps: int
    differences: list[str]
    complaints: list[str]
    took_s: float

    @property
    def is_same(self) -> bool:
        """Whether clients cannot tell the two."""
        return not self.differences and not self.complaints


@app.default
def main(
    *,
    only: Annotated[
        list[str] | None, cyclopts.Parameter(help="Part of an application's name. May be repeated.")
    ] = None,
    short: Annotated[bool, cyclopts.Parameter(help="Without those that take long to install.", negative="")] = False,
    keep: Annotated[Path | None, cyclopts.Parameter(help="Directory for logs and all that was seen.")] = None,
) -> int:
    """Compare them, print what was found, and return the exit code."""
    findings = []
    for application in chosen(only or [], short=short):
        print(f"{application.name}: {application.reference}, api-hour", file=sys.stderr, flush=True)
        begun_at_s = time.monotonic()
        reference, ours = run(application, (application.reference, "api-hour"))
        if keep is not None:
            write(keep, application, {application.reference: reference, "api-hour": ours})
        findings.append(
            Finding(
                application=application,
                steps=len(ours.transcript.steps),
                differences=differences(reference.transcript, ours.transcript, application.known),
                complaints=[
                    *(f"{application.reference}: {text}" for text in reference.complaints),
                    *ours.complaints,
                    *log_complaints(reference.log, ours.log),
                ],
                took_s=time.monotonic() - begun_at_s,
            )
        )
    return show(findings)


def chosen(only: Sequence[str], *, short: bool) -> list[Application]:
    """Return the applications that are wanted.

    Raises:
        UsageError: a name fits none.
    """
    for part in only:
        if not any(part.lower() in each.name.lower() for each in APPLICATIONS):
            names = ", ".join(each.name for each in APPLICATIONS)
            raise UsageError(f"--only: expected part of the name of an application: {names}; got {part!r}.")
    wanted = [each for each in APPLICATIONS if not only or any(part.lower() in each.name.lower() for part in only)]
    return [each for each in wanted if not (short and each.is_large)]


def write(directory: Path, application: Application, runs: dict[str, Run]) -> None:
    """Keep the logs and the transcripts of an application."""
    directory.mkdir(parents=True, exist_ok=True)
    name = application.name.lower().replace(",", "").replace(" ", "-")
    for server, each in runs.items():
        (directory / f"{name}.{server}.log").write_text(each.log)
        (directory / f"{name}.{server}.txt").write_text(in_words(each.transcript))


def in_words(transcript: Transcript) -> str:
    """Return all that was seen, as text."""
    lines = []
    for step in transcript.steps:
        lines += [step.name, *(f"    {aspect}: {value}" for aspect, value in step.seen.items())]
    return "\n".join([*lines, ""])


def show(findings: Sequence[Finding]) -> int:
    """Print the table and what differs; return the exit code."""
    table = Table(box=None)
    for name in ("application", "of", "served by", "beside", "steps", "s", ""):
        table.add_column(name, justify="right" if name in ("steps", "s") else "left")
    for each in findings:
        application = each.application
        workers = f"{application.workers} worker{'s' * (application.workers > 1)}"
        cells = [application.name, application.versions(), f"{application.target}, {workers}", application.reference]
        table.add_row(*cells, str(each.steps), f"{each.took_s:.0f}", "same" if each.is_same else "DIFFERENT")
    console = Console(width=160)
    console.print(table, highlight=False)
    for each in findings:
        for step, reason in each.application.known.items():
            console.print(
                f"{each.application.name}, known to differ: {step}: {reason}", highlight=False, soft_wrap=True
            )
        for text in [*each.differences, *each.complaints]:
            console.print(f"{each.application.name}: {text}", highlight=False, markup=False, soft_wrap=True)
    return 0 if all(each.is_same for each in findings) else 1


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background jobs start with it ignored
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(app(result_action="return_value"))
    except RushHourError as error:
        print(f"applications: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
