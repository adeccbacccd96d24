"""A daemon's facts as StatsD's lines."""

from dataclasses import replace

from pictured import ENGINE, FACTS, facts

from api_hour.stats import LATENCY_BOUNDS_S
from api_hour.supervisor.monitor.statsd_lines import statsd_lines

NONE = (0,) * (len(LATENCY_BOUNDS_S) + 1)


def counted(requests: int, counts: dict[float, int]) -> object:
    """Return totals with so many requests, by the upper bounds of their durations; 0 for those above all."""
    bounds_s = (*LATENCY_BOUNDS_S, 0)
    return replace(
        FACTS.totals, requests=requests, latency_counts=tuple(counts.get(bound_s, 0) for bound_s in bounds_s)
    )


def test_gunicorn_s_names_are_there() -> None:
    first = facts(totals=counted(10, {0.001: 10}))
    second = facts(totals=counted(15, {0.001: 13, 0.25: 1, 0: 1}))

    assert statsd_lines(first, second)[:5] == [
        "gunicorn.requests:5|c",
        "gunicorn.request.duration:1|ms|@0.333333333",
        "gunicorn.request.duration:250|ms",
        "gunicorn.request.duration:10000|ms",
        f"gunicorn.workers:{len(FACTS.workers)}|g",
    ]


def test_the_first_time_all_is_new_and_then_only_what_has_come() -> None:
    first = statsd_lines(None, FACTS)
    again = statsd_lines(FACTS, FACTS)

    assert f"gunicorn.requests:{FACTS.totals.requests}|c" in first
    assert f"api_hour.requests:{FACTS.totals.requests}|c" in first
    assert [line for line in again if line.endswith("|c") or "|ms" in line] == []
    assert [line for line in first if line.endswith("|g")] == [line for line in again if line.endswith("|g")]


def test_figures_of_the_daemon_have_the_values_of_their_labels_in_their_names() -> None:
    lines = statsd_lines(None, facts(engines=(replace(ENGINE, name="main:db"),)))

    for line in (
        "api_hour.workers.serving:2|g",
        "api_hour.workers_wanted:2|g",
        "api_hour.connections:12|g",
        "api_hour.worker_restarts.crashed:1|c",
        f"api_hour.engine_connections.main_db:{ENGINE.connections}|g",
    ):
        assert line in lines
    assert not any(line.startswith("api_hour.worker_age") for line in lines), "their names would have no bound"


def test_a_prefix_comes_before_each_name_and_tags_behind_each_line() -> None:
    for prefix in ("shop", "shop."):
        for line in statsd_lines(None, FACTS, prefix=prefix, tags="env:test,zone:a"):
            assert line.startswith(("shop.gunicorn.", "shop.api_hour."))
            assert line.endswith("|#env:test,zone:a")
