"""HdrHistogram interval logs, `.hlog`: what HdrHistogram's own tools and plotters read."""

from io import StringIO
from pathlib import Path

from hdrh.log import HistogramLogWriter

from rush_hour.core.histogram import Histogram
from rush_hour.core.result import LoadReport
from rush_hour.report.output_file import write_output


def write_hlog(path: Path, report: LoadReport) -> None:
    """Write the latency of good answers over the whole run as one interval; nothing when there were none.

    Args:
        path: the file; an earlier one is replaced.
        report: the run.

    Raises:
        OutputLost: the file cannot be written.
    """
    if report.result.histogram.latency_us is None:
        return
    histogram = Histogram.decode(report.result.histogram.latency_us).to_hdr()
    end_ms = round(report.result.elapsed_s * 1000)
    file = StringIO()
    log = HistogramLogWriter(file)
    log.output_log_format_version()
    log.output_comment(f"latency in microseconds of {report.plan.url}, {report.plan.offered}")
    log.output_base_time(0)
    log.output_legend()
    log.output_interval_histogram(
        histogram, start_time_stamp_sec=0, end_time_stamp_sec=end_ms / 1000, max_value_unit_ratio=1.0
    )
    write_output(path, file.getvalue().encode("ascii"))
