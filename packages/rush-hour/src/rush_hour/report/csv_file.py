"""The seconds of a run as comma-separated values, for spreadsheets and plotters."""

import csv
from dataclasses import asdict, fields
from io import StringIO
from pathlib import Path

from rush_hour.core.figures import TimelineRow
from rush_hour.output_file import write_output
from rush_hour.results.run import LoadResult


def write_csv(path: Path, result: LoadResult) -> None:
    """Write one row for each second; the columns are the figures of `TimelineRow`, empty where there is no value.

    Args:
        path: the file; an earlier one is replaced.
        result: the run.

    Raises:
        OutputLost: the file cannot be written.
    """
    file = StringIO(newline="")
    columns = [field.name for field in fields(TimelineRow) if field.name != "histogram_us"]
    writer = csv.DictWriter(file, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(asdict(row) for row in result.timeline)
    write_output(path, file.getvalue().encode("ascii"))
