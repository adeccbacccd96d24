"""How `api_hour status` shows a daemon."""

from dataclasses import replace
from io import StringIO

import pytest
from pictured import BOOTING, ENGINE, FACTS, TOTALS, WORKER, facts
from rich.console import Console

from api_hour.commands.status_table import describe_bytes, describe_duration, describe_mean, status_table
from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.policy.events import DaemonState


def shown(pictured: DaemonFacts, *, width: int = 160) -> str:
    """Return the lines, without the spaces at their ends."""
    output = StringIO()
    Console(file=output, highlight=False, width=width, color_system=None).print(status_table(pictured))
    return "".join(f"{line.rstrip()}\n" for line in output.getvalue().splitlines())


def test_a_daemon_is_shown_with_its_workers_and_engines() -> None:
    assert (
        shown(FACTS)
        == """\
app:Container  serving, up 2 h 1 min  2 of 2 workers serve  supervisor 100, 36.0 MiB  API-Hour 1.2.3, Python 3.11.7
requests     2,400, 3 ms each; 2 in flight, 12 connections; loops late by 250 ms at the most
since start  4 reloads, 1 failed; 1 workers replaced (1 crashed); 0 workers killed

worker  pid  state       age  requests  in flight  connections  loop lag    memory
     1  101  serving  1 min 0 s     1,000          2            8      4 ms  40.0 MiB
     2  102  serving  1 min 0 s     1,400          0            4      4 ms  40.0 MiB

engine  state    connections  in use  waiting  refused  last error
pg      up in 2           10       3        1        5  -
""".replace("state       age", "state          age")
    )


def test_what_is_not_known_is_a_dash() -> None:
    pictured = facts(
        state=DaemonState.BOOTING,
        uptime_s=0.5,
        workers=(BOOTING,),
        engines=(),
        rss_bytes=None,
        loop_lag_max_s=0.0,
        totals=replace(TOTALS, requests=0, reloads=0, reloads_failed=0, restarts={}),
    )

    assert (
        shown(pictured)
        == """\
app:Container  booting, up 500 ms  0 of 2 workers serve  supervisor 100  API-Hour 1.2.3, Python 3.11.7
requests     0; 0 in flight, 0 connections; loops late by 0 ms at the most
since start  0 reloads, 0 failed; 0 workers replaced; 0 workers killed

worker  pid  state       age  requests  in flight  connections  loop lag  memory
     3    -  booting  250 ms         -          -            -         -       -
"""
    )


def test_a_daemon_without_workers_is_shown_without_a_table() -> None:
    assert len(shown(facts(workers=(), engines=())).splitlines()) == 3


def test_old_figures_are_said_to_be_old() -> None:
    line = shown(facts(age_s=75.0)).splitlines()[3]

    assert line == "these figures are 1 min 15 s old: the supervisor's loop does not run"


def test_an_engine_is_shown_by_its_states() -> None:
    engine = replace(
        ENGINE, workers_by_state={"up": 1, "connecting": 0, "down": 1}, last_error="OSError: [Errno 111] refused"
    )

    assert shown(facts(workers=(), engines=(engine,))).splitlines()[-2:] == [
        "engine  state               connections  in use  waiting  refused  last error",
        "pg      up in 1, down in 1           10       3        1        5  OSError: [Errno 111] refused",
    ]


def test_reasons_are_words() -> None:
    pictured = facts(totals=replace(TOTALS, restarts={"boot_failed": 2, "reload": 1}, kills={"boot_timeout": 1}))

    assert shown(pictured).splitlines()[2] == (
        "since start  4 reloads, 1 failed; 3 workers replaced (2 boot failed, 1 reload); "
        "1 workers killed (1 boot timeout)"
    )


def test_every_phase_has_a_style() -> None:
    for phase in ("booting", "serving", "retiring", "condemned", "killed"):
        assert phase in shown(facts(workers=(replace(WORKER, phase=phase),)))


@pytest.mark.parametrize(
    ("duration_s", "text"),
    [
        (0.0, "0 ms"),
        (0.0354, "35 ms"),
        (12.3, "12 s"),
        (60.0, "1 min 0 s"),
        (245.0, "4 min 5 s"),
        (7265.0, "2 h 1 min"),
        (183600.0, "2 d 3 h"),
    ],
)
def test_a_duration_is_said_in_its_greatest_units(duration_s: float, text: str) -> None:
    assert describe_duration(duration_s) == text


@pytest.mark.parametrize(("size", "text"), [(4096, "4 KiB"), (41943040, "40.0 MiB"), (2147483648, "2.00 GiB")])
def test_a_size_is_said_in_its_unit(size: int, text: str) -> None:
    assert describe_bytes(size) == text


@pytest.mark.parametrize(("duration_s", "text"), [(0.0001234, "0.123 ms"), (0.003, "3 ms"), (1.2345, "1.23 s")])
def test_a_mean_is_said_with_three_digits(duration_s: float, text: str) -> None:
    assert describe_mean(duration_s) == text
