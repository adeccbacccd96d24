"""What `rush-hour load` keeps: its runs as a document, in the files that were asked for, and on the terminal."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rush_hour.clock import utc_now
from rush_hour.commands.load_options import OutputOptions
from rush_hour.commands.required import check_required, show_required
from rush_hour.credentials import masked_command
from rush_hour.errors import OutputLost
from rush_hour.judge.require.finding import Check
from rush_hour.report.csv_file import write_csv
from rush_hour.report.hlog import write_hlog
from rush_hour.report.page_file import write_page
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.report.wrk2.figures import wrk2_report
from rush_hour.report.wrk2.text import format_report
from rush_hour.results.document import SCHEMA_VERSION, Document, RequireFacts, Status, System
from rush_hour.results.evidence import PartLog
from rush_hour.results.file import write_document
from rush_hour.results.resources import Role
from rush_hour.results.run import Run
from rush_hour.rig.blocks import Repeats, ended_because
from rush_hour.rig.machine import Provenance, machine_facts, package_versions
from rush_hour.rig.parts.part import Part
from rush_hour.rig.watch.log_files import read_part_log


class LoadRecord:
    """The runs of a load, as they come.

    Args:
        started: how the command was started.
        output: which files are written.
        is_local: whether the server is on this machine.
        repeats: how often the server is started; None for once.
        require: what is required of it; None where nothing is.

    Attributes:
        runs: by now.
    """

    def __init__(
        self,
        started: Provenance,
        output: OutputOptions,
        *,
        is_local: bool,
        repeats: Repeats | None = None,
        require: RequireFacts | None = None,
    ) -> None:
        self.runs: list[Run] = []
        self._started = started
        self._output = output
        self._is_local = is_local
        self._repeats = repeats
        self._require = require
        self._ended_because: str | None = None
        self._command_line: str | None = None
        self._logs: list[PartLog] = []
        self._lost: list[str] = []

    @property
    def system(self) -> System:
        """The server, with its runs."""
        url = self.runs[0].plan.url
        status: Status = "interrupted" if self.runs[-1].is_interrupted else "ok"
        return System(
            name=url, title=url, status=status, runs=self.runs, command_line=self._command_line, logs=self._logs
        )

    def turns(self) -> Iterator[str]:
        """Yield before each run what begins the lines that tell of it."""
        repeats, began_at_s = self._repeats, time.monotonic()
        if repeats is None:
            yield ""
            return
        for number in range(1, repeats.blocks + 1):
            if self.runs and self.runs[-1].is_interrupted:
                break
            systems, elapsed_s = [self.system] if self.runs else [], time.monotonic() - began_at_s
            self._ended_because = ended_because(repeats, systems, blocks_done=len(self.runs), elapsed_s=elapsed_s)
            if self._ended_because is not None:
                break
            yield f"[{number} of {repeats.blocks}] "

    def keep(self, run: Run, serving: Mapping[Role, Part]) -> None:
        """Take a run; of several, write the files with those that there are.

        Args:
            run: what was measured.
            serving: what served it, if it was started for that.
        """
        self.runs.append(run if self._repeats is None else replace(run, block=len(self.runs) + 1))
        for role, part in serving.items():
            self._command_line = masked_command(part.command)
            lines = {error.line for error in run.explained_errors if error.line and error.log == part.log_path.name}
            self._logs = [read_part_log(role, part.log_path, lines)]
        if self._repeats is not None:
            self._write()

    def show(self) -> Check | None:
        """Print what was measured, if anything was, and write the files.

        Returns:
            What became of what is required; None where nothing is.

        Raises:
            OutputLost: files could not be written.
        """
        if not self.runs:
            return None
        document = self._document()
        found = check_required(document)
        if self._output.wrk2:
            self._show_as_wrk2(self.runs[-1])
        else:
            make_console().print(documents_report([document]))
        if found is not None:
            show_required(found)
        sys.stdout.flush()  # a named pipe may have to wait
        self._write()
        if self._lost:
            raise OutputLost("\n".join(self._lost))
        return found

    def _show_as_wrk2(self, run: Run) -> None:
        shows = {"show_latency": self._output.latency, "show_service_time": self._output.u_latency}
        sys.stdout.write(format_report(wrk2_report(run.plan, run.result, **shows)))
        for doubt in run.verdict.warnings:
            sys.stderr.write(f"{doubt.code}: {doubt.message} {doubt.hint}\n")

    def _document(self) -> Document:
        machine, last = machine_facts(), self.runs[-1]
        return Document(
            schema_version=SCHEMA_VERSION,
            kind="load",
            started_at=self._started.started_at,
            ended_at=utc_now(),
            command_line=self._started.command_line,
            label=self._started.label,
            commit=self._started.commit,
            machine=machine if self._is_local else None,
            generators=[machine],
            versions=package_versions(["rush-hour"]),
            repeats=None if self._repeats is None else self._repeats.facts(self._ended_because),
            require=self._require,
            systems=[self.system],
            plan=last.plan,
            result=last.result,
            verdict=last.verdict,
        )

    def _write(self) -> None:
        """Write the files, each whatever becomes of the others."""
        document, run = self._document(), self.runs[-1]
        writers: list[tuple[Path | None, Callable[[Path], None]]] = [
            (self._output.json, lambda path: write_document(path, document)),
            (self._output.html, lambda path: write_page(path, [document])),
            (self._output.hlog, lambda path: write_hlog(path, run)),
            (self._output.csv, lambda path: write_csv(path, run.result)),
        ]
        self._lost = []
        for path, write in writers:
            try:
                if path is not None:
                    write(path)
            except OutputLost as error:
                self._lost.append(str(error))
