"""HdrHistogram interval logs, `.hlog`: what HdrHistogram's own tools and plotters read."""

from io import StringIO
from pathlib import Path

from hdrh.log import HistogramLogWriter

from rush_hour.core.histogram import Histogram
from rush_hour.output_file import write_output
from rush_hour.results.run import Run


def write_hlog(path: Path, run: Run) -> None:
    """Write the latency of good answers over the whole run as one interval; nothing when there were none.

    Args:
        path: the file; an earlier one is replaced.
        run: the run.

    Raises:
        OutputLost: the file cannot be written.
    """
    if run.result.histogram.latency_us is None:
        return
    histogram = Histogram.decode(run.result.histogram.latency_us).to_hdr()
    end_ms = round(run.result.elapsed_s * 1000)
    file = StringIO()
    log = HistogramLogWriter(file)
    log.output_log_format_version()
    log.output_comment(f"latency in microseconds of {run.plan.url}, {run.plan.offered}")
    log.output_base_time(0)
    log.output_legend()
    log.output_interval_histogram(
        histogram, start_time_stamp_sec=0, end_time_stamp_sec=end_ms / 1000, max_value_unit_ratio=1.0
    )
    write_output(path, file.getvalue().encode())  # the name of a profile's file may be anything
