"""wrk2's text: printed as wrk2 prints it, and read back. The outputs in `outputs` are real ones."""

import textwrap
from pathlib import Path

import pytest

from rush_hour.errors import UsageError
from rush_hour.report.wrk2.reader import parse_report
from rush_hour.report.wrk2.text import format_bytes, format_report, format_time_us

OUTPUTS = sorted((Path(__file__).parent / "outputs").glob("*.txt"))

MINUTES = """\
Running 5m test @ http://192.168.2.100:18004/agents
  12 threads and 400 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   121.08ms  204.06ms   2.66s    86.91%
    Req/Sec   332.74     22.85   423.00     71.00%
  1197819 requests in 5.00m, 1.46GB read
  Socket errors: connect 0, read 3, write 0, timeout 12
  Non-2xx or 3xx responses: 1031238
Requests/sec:   3992.68
Transfer/sec:      4.97MB
"""


@pytest.mark.parametrize("path", OUTPUTS, ids=lambda path: path.stem)
def test_what_wrk2_printed_is_read_and_printed_again_byte_for_byte(path: Path) -> None:
    text = path.read_text()

    assert format_report(parse_report(text)) == text


def test_there_are_outputs_to_test_with() -> None:
    assert len(OUTPUTS) == 4


def test_the_figures_of_a_run_are_read() -> None:
    report = parse_report(MINUTES)

    assert format_report(report) == MINUTES
    assert (report.duration_s, report.threads, report.connections) == (300.0, 12, 400)
    assert (report.latency.mean, report.latency.maximum, report.latency.within_percent) == (
        121_080.0,
        2_660_000.0,
        86.91,
    )
    assert report.requests_per_s_of_threads.mean == 332.74
    assert (report.requests, report.elapsed_us, report.bytes_read) == (1_197_819, 300e6, 1.46 * 1024**3)
    assert report.errors == {"connect": 0, "read": 3, "write": 0, "timeout": 12}
    assert (report.non_2xx, report.requests_per_s, report.bytes_per_s) == (1_031_238, 3992.68, 4.97 * 1024**2)
    assert (report.calibrations, report.recorded, report.uncorrected) == ([], None, None)


def test_indented_text_between_other_lines_is_read_too() -> None:
    text = "    $ wrk2 -t12 -c400 -d5m -R 4000\n" + textwrap.indent(MINUTES, "    ") + "\nAPI-Hour\n"

    assert parse_report(text) == parse_report(MINUTES)


def test_distributions_are_read_with_their_spectrum() -> None:
    [path] = [path for path in OUTPUTS if path.stem == "overload-uncorrected"]

    report = parse_report(path.read_text())

    assert report.recorded is not None
    assert report.uncorrected is not None
    assert report.recorded.percentiles[0] == (50.0, 7_730_000.0)
    assert report.recorded.spectrum[-1].ratio == 1.0
    assert report.recorded.spectrum[-1].count == report.recorded.total
    assert report.uncorrected.mean_ms < report.recorded.mean_ms


@pytest.mark.parametrize(
    ("without", "line"),
    [
        ("Running", "Running ... test @ URL"),
        ("threads and", "... threads and ... connections"),
        ("Latency", "Latency"),
        ("Req/Sec", "Req/Sec"),
        ("requests in", "... requests in ..., ... read"),
        ("Requests/sec", "Requests/sec"),
        ("Transfer/sec", "Transfer/sec"),
    ],
)
def test_what_is_no_report_is_refused(without: str, line: str) -> None:
    text = "\n".join(kept for kept in MINUTES.splitlines() if without not in kept)

    with pytest.raises(UsageError) as caught:
        parse_report(text)

    assert str(caught.value) == f"expected the output of wrk2, with a line {line!r}; found none."


@pytest.mark.parametrize(
    ("time_us", "text"),
    [
        (0, "0.00us"),
        (849, "849.00us"),
        (850, "0.85ms"),
        (12_340, "12.34ms"),
        (999_999, "1000.00ms"),
        (1_000_000, "1.00s"),
        (50_900_000, "50.90s"),
        (51_000_000, "0.85m"),
        (7_200_000_000, "120.00m"),
    ],
)
def test_times_go_to_the_next_unit_at_85_percent_of_it(time_us: float, text: str) -> None:
    assert format_time_us(time_us) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0.00"), (870, "870.00"), (871, "0.85K"), (1024**2, "1.00M"), (1.46 * 1024**3, "1.46G"), (5e15, "4547.47T")],
)
def test_sizes_go_to_the_next_unit_at_85_percent_of_it(size_bytes: float, text: str) -> None:
    assert format_bytes(size_bytes) == text
