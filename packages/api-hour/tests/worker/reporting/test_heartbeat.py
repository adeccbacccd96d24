"""A worker's sign of life."""

import asyncio

import pytest
from event_loops import on_each_loop, until

from api_hour.control.messages import EngineReport, Heartbeat, heartbeat_interval_s
from api_hour.stats import ServingStats
from api_hour.worker.reporting.heartbeat import Heart


@pytest.mark.parametrize(("timeout_s", "interval_s"), [(0.0, 1.0), (30.0, 1.0), (4.0, 1.0), (1.0, 0.25)])
def test_several_heartbeats_fit_into_the_time_that_a_worker_may_be_silent(timeout_s: float, interval_s: float) -> None:
    assert heartbeat_interval_s(timeout_s) == interval_s


@on_each_loop
async def test_a_heart_beats_again_and_again_with_what_the_worker_has_done() -> None:
    beats: list[Heartbeat] = []
    stats = ServingStats()
    Heart(asyncio.get_running_loop(), 0.01, stats, lambda: 3, beats.append).start()
    stats.begin()
    await until(lambda: beats)
    stats.end(0.002)
    await until(lambda: beats[-1].requests == 1)

    assert (beats[0].requests, beats[0].in_flight, beats[0].connections) == (0, 1, 3)
    last = beats[-1]
    assert (last.in_flight, last.latency_sum_s) == (0, 0.002)
    assert last.latency_counts == tuple(stats.latency_counts)
    assert all(beat.loop_lag_s >= 0 for beat in beats)


@on_each_loop
async def test_a_worker_that_has_reached_its_limit_says_so_at_once() -> None:
    beats: list[Heartbeat] = []
    stats = ServingStats(request_limit=2)
    Heart(asyncio.get_running_loop(), 1000.0, stats, lambda: 0, beats.append).start()

    for _ in range(3):
        stats.begin()
        stats.end(0.0)

    assert [beat.requests for beat in beats] == [2]


@on_each_loop
async def test_a_heartbeat_says_how_the_engines_are() -> None:
    beats: list[Heartbeat] = []
    report = EngineReport(name="pg", state="up")
    heart = Heart(
        asyncio.get_running_loop(), 1000.0, ServingStats(), lambda: 0, beats.append, engines=lambda: (report,)
    )
    heart.beat()

    assert beats[0].engines == (report,)


@on_each_loop
async def test_a_heartbeat_may_be_sent_at_any_time() -> None:
    beats: list[Heartbeat] = []
    stats = ServingStats()
    heart = Heart(asyncio.get_running_loop(), 1000.0, stats, lambda: 0, beats.append)
    heart.start()
    stats.begin()
    stats.end(0.0)
    heart.beat()

    assert [(beat.requests, beat.engines) for beat in beats] == [(1, ())]
