"""The directory that a command's results are written to."""

from pathlib import Path

from rush_hour.errors import UsageError
from rush_hour.report.result_directory import RESULT_NAME

RESULTS = Path("rush-hour-results")


def make_output(output: Path | None, name: str) -> Path:
    """Make the directory of the results; one with results in it is not overwritten.

    Args:
        output: None for one of this name, among others.
        name: of it then; numbered if there is one already.

    Raises:
        UsageError: it has results, or cannot be made.
    """
    if output is not None and (output / RESULT_NAME).exists():
        raise UsageError(f"--output: {output} has results already; name another directory.")
    if output is not None:
        make_directory(output, what="--output")
        return output
    make_directory(RESULTS, what="--output")
    return _new_directory(RESULTS, name)


def make_directory(path: Path, *, what: str) -> None:
    """Make a directory, unless it is there.

    Args:
        path: of it.
        what: the option that names it.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{what}: {error.filename} cannot be made: {error.strerror}.") from error


def make_empty_directory(path: Path, *, what: str) -> None:
    """Make a directory for files that replace none: it may be there, if it is empty.

    Args:
        path: of it.
        what: the option that names it.

    Raises:
        UsageError: it cannot be made or read, or has something in it.
    """
    make_directory(path, what=what)
    try:
        has_files = any(path.iterdir())
    except OSError as error:
        raise UsageError(f"{what}: {path} cannot be read: {error.strerror}.") from error
    if has_files:
        raise UsageError(f"{what}: expected a new or an empty directory, and {path} has files; name another one.")


def _new_directory(parent: Path, name: str) -> Path:
    """Make a directory of this name, numbered if another command has it."""
    directory, number = parent / name, 1
    while True:
        try:
            directory.mkdir(parents=True)
        except FileExistsError:
            number += 1
            directory = parent / f"{name}-{number}"
        else:
            return directory
