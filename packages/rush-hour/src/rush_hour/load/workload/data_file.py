"""Data files: a row of values for each user, as CSV whose first line has their names."""

import csv
from pathlib import Path

from rush_hour.errors import UsageError
from rush_hour.load.workload.user import CONNECTION, is_value_name

Rows = tuple[dict[str, str], ...]


def read_rows(path: Path) -> Rows:
    """Read a data file, and return its rows, of which there is at least one.

    Raises:
        UsageError: it cannot be read, has no rows, a row has not as many values as there are names, or a name is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            names, lines = next(reader, []), [(reader.line_num, row) for row in reader if row]
    except OSError as error:
        raise UsageError(f"expected a CSV file, got {str(path)!r}: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"expected a CSV file in UTF-8, got {str(path)!r}: {error}.") from error
    for name in names:
        if not is_value_name(name) or names.count(name) > 1:
            raise UsageError(
                f"{path}:1: expected names of letters, digits and underscores, each once and none of them "
                f"{CONNECTION!r}; got {name!r}."
            )
    if not lines:
        raise UsageError(f"{path}: expected a line of names and a row of values for each user, got no row.")
    for number, row in lines:
        if len(row) != len(names):
            raise UsageError(f"{path}:{number}: expected {len(names)} values, as the first line has; got {len(row)}.")
    return tuple(dict(zip(names, row, strict=True)) for _, row in lines)
