"""What a worker counts of its answers."""

from api_hour.stats import LATENCY_BOUNDS_S, ServingStats


def test_a_request_is_in_flight_until_it_is_answered() -> None:
    stats = ServingStats()

    stats.begin()
    stats.begin()
    stats.end(0.002)

    assert (stats.in_flight, stats.requests) == (1, 1)


def test_durations_are_counted_between_their_bounds_and_added_up() -> None:
    stats = ServingStats()

    for duration_s in (0.0005, 0.001, 0.002, 60.0):
        stats.begin()
        stats.end(duration_s)

    assert len(stats.latency_counts) == len(LATENCY_BOUNDS_S) + 1
    assert stats.latency_counts[0] == 2  # a bound belongs to what it bounds
    assert stats.latency_counts[1] == 1
    assert stats.latency_counts[-1] == 1
    assert stats.latency_sum_s == 60.0035


def test_the_limit_is_told_once() -> None:
    calls: list[int] = []
    stats = ServingStats(request_limit=2, on_limit=lambda: calls.append(1))

    for _ in range(4):
        stats.begin()
        stats.end(0.0)

    assert calls == [1]
