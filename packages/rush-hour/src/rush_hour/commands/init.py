"""`rush-hour init`: a suite for the application that is found in a directory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

from rush_hour.commands import options
from rush_hour.errors import OutputLost, UsageError
from rush_hour.output_file import check_writable
from rush_hour.report.terminal.console import make_console
from rush_hour.rig.detect.found_lines import found_lines, next_lines
from rush_hour.rig.detect.interpreter import look_for_interpreter
from rush_hour.rig.detect.project import look_at
from rush_hour.rig.detect.suite_text import suite_text
from rush_hour.rig.suite.reading import read_suite

DEFAULT_FILE = Path("suite.toml")


def init(
    application: Annotated[str | None, options.PROJECT_APP] = None,
    /,
    *,
    directory: Annotated[Path, options.PROJECT] = Path(),
    venv: Annotated[Path | None, options.PROJECT_VENV] = None,
    python: Annotated[str | None, options.PROJECT_PYTHON] = None,
    output: Annotated[Path, options.SUITE_FILE] = DEFAULT_FILE,
) -> int:
    """Write a suite for an application: what to start, what to ask, with which database."""
    if not directory.is_dir():
        raise UsageError(f"--directory: expected a directory, got {str(directory)!r}.")
    if output.exists() or output.is_symlink():
        raise UsageError(f"--output: {output} is there already, and stays as it is; name another file with -o.")
    check_writable(output)
    place, where = directory.resolve(), output.parent.resolve()
    interpreter = look_for_interpreter(place, venv=venv, python=python, variables=os.environ)
    project = look_at(application, place, interpreter)
    with _file_beside(output, suite_text(project, where)) as unfinished:
        read_suite(unfinished)
        _give_name(unfinished, output)
    console = make_console()
    for line in (*found_lines(project), f"wrote   {output}", *next_lines(project, output)):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    return 0


@contextmanager
def _file_beside(output: Path, text: str) -> Iterator[Path]:
    """Write a text to a file in the directory of another one, which is gone afterwards."""
    path = output.with_name(f".{output.name}.{os.getpid()}.unfinished")
    try:
        path.write_text(text, encoding="utf-8")
        yield path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _give_name(unfinished: Path, output: Path) -> None:
    """Give a file its name, unless there is one meanwhile.

    Raises:
        OutputLost: there is.
    """
    try:
        os.link(unfinished, output)
    except FileExistsError as error:
        raise OutputLost(f"{output}: somebody else has made it meanwhile; name another file with -o.") from error
