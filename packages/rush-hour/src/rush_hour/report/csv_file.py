"""The seconds of a run as comma-separated values, for spreadsheets and plotters."""

import csv
from dataclasses import asdict, fields
from pathlib import Path

from rush_hour.core.result import LoadResult, TimelineRow


def write_csv(path: Path, result: LoadResult) -> None:
    """Write one row for each second; the columns are the fields of `TimelineRow`, empty where there is no value.

    Args:
        path: the file; an earlier one is replaced.
        result: the run.
    """
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(TimelineRow)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in result.timeline)
