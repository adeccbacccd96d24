"""`rush-hour import`: results of other load generators, as a result file of ours."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from rush_hour.clock import utc_now
from rush_hour.commands import options, result_options
from rush_hour.commands.showing import STANDARD_OUTPUT, check_target, put
from rush_hour.errors import UsageError
from rush_hour.imports.read import read_import
from rush_hour.imports.source import Source
from rush_hour.report.terminal.console import make_console
from rush_hour.report.terminal.document_report import documents_report
from rush_hour.results.document import SCHEMA_VERSION, Document, System
from rush_hour.results.file import encode_document, write_document
from rush_hour.results.imported import ImportedRun
from rush_hour.rig.machine import provenance


def import_results(
    *files: Annotated[Path, result_options.IMPORTED_FILES],
    output: Annotated[Path | None, result_options.IMPORT_FILE] = None,
    label: Annotated[str | None, options.LABEL] = None,
) -> int:
    """Read results of other load generators: show what they say, and write it as a result with -o."""
    if not files:
        raise UsageError("FILE: expected a result of another load generator; got none.")
    if output is not None:
        check_target(output, files)
    started = provenance(label)
    systems = _systems([(path, read_import(_source(path))) for path in files])
    document = Document(
        schema_version=SCHEMA_VERSION,
        kind="import",
        started_at=started.started_at,
        ended_at=utc_now(),
        command_line=started.command_line,
        label=label,
        systems=systems,
    )
    if output == STANDARD_OUTPUT:
        put(encode_document(document).decode(), output)
        return 0
    if output is not None:
        write_document(output, document)
    make_console().print(documents_report([document]))
    return 0


def _source(path: Path) -> Source:
    try:
        return Source(str(path), path.read_bytes().decode(errors="replace"))
    except OSError as error:
        raise UsageError(f"{path}: the file cannot be read: {error.strerror}.") from error


def _systems(found: Sequence[tuple[Path, ImportedRun]]) -> list[System]:
    """Return a system for each file, named by it."""
    stems = [path.stem for path, _ in found]
    names = [stem if stems.count(stem) == 1 else str(path) for stem, (path, _) in zip(stems, found, strict=True)]
    return [
        System(name=name, title=run.url or name, status="ok", imported=[run])
        for name, (_, run) in zip(names, found, strict=True)
    ]
