"""Which tool wrote a file, and what it says. Pure."""

import csv
from collections.abc import Callable
from dataclasses import asdict
from math import isfinite

from rush_hour.imports.json_reports import read_autocannon, read_fortio, read_oha, read_vegeta
from rush_hour.imports.k6 import read_k6
from rush_hour.imports.source import Source
from rush_hour.imports.tables import read_hey_requests, read_jmeter, read_locust
from rush_hour.imports.texts import read_ab, read_h2load, read_hey, read_wrk
from rush_hour.results.imported import ImportedRun

READERS: tuple[Callable[[Source], ImportedRun | None], ...] = (
    read_oha, read_vegeta, read_fortio, read_autocannon, read_k6,
    read_locust, read_hey_requests, read_jmeter,
    read_wrk, read_h2load, read_hey, read_ab,
)  # fmt: skip


def _has(*texts: str) -> Callable[[Source], bool]:
    return lambda source: all(text in source.text for text in texts)


# What is known not to be readable, and what to export in its place.
_INSTEAD: tuple[tuple[Callable[[Source], bool], str], ...] = (
    (_has("Summary:", "Success rate:"), "oha's text; run it with --output-format json"),
    (_has("http_req_duration", "iterations"), "k6's text or its samples; run it with --summary-export FILE"),
    (_has('"type":"Metric"'), "k6's samples; run it with --summary-export FILE"),
    (_has("Requests      [total, rate"), "vegeta's text; make JSON of its results: vegeta report -type=json"),
    (_has("<testResults"), "JMeter's XML; set jmeter.save.saveservice.output_format=csv"),
    (_has("Timestamp,User Count,Type,Name"), "locust's history; take its *_stats.csv"),
    (_has("Req/Bytes counts sampled"), "autocannon's table; run it with --json"),
    (_has("# target") , "fortio's text; run it with -json FILE"),
    (_has("simulation.log"), "Gatling's log; it is not read, for its form changes with each release"),
)  # fmt: skip
KNOWN = (
    "wrk or wrk2 (text), oha, vegeta, fortio, autocannon or k6 (JSON), hey (text or CSV), ab or h2load (text), locust "
    "(*_stats.csv) or JMeter (CSV with names of columns)"
)


def read_import(source: Source) -> ImportedRun:
    """Return what a file says, whichever tool wrote it.

    Raises:
        UsageError: it is of no tool that is known, or not in a form that can be read.
    """
    for read in READERS:
        try:
            found = read(source)
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError, csv.Error) as error:
            raise source.refuse(f"expected a whole result of its tool; it has another form ({error}).") from error
        if found is not None:
            _check_finite(source, found)
            return found
    for is_meant, instead in _INSTEAD:
        if is_meant(source):
            raise source.refuse(f"this is {instead}.")
    raise source.refuse(f"expected a result of {KNOWN}.")


def _check_finite(source: Source, found: ImportedRun) -> None:
    """Refuse figures that are none: files of some tools may have nan and inf for a number."""
    latency = {} if found.latency_us is None else asdict(found.latency_us)
    for name, figure in {**asdict(found), **latency}.items():
        if isinstance(figure, float) and not isfinite(figure):
            raise source.refuse(f"expected numbers alone; its {name} would be {figure}.")
