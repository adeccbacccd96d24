import pytest

from rush_hour.judge.search.connections import Connections, are_too_few


@pytest.mark.parametrize(
    ("rate_per_s", "service_s", "count"),
    [(100, 0.01, 10), (500, 0.01, 10), (1000, 0.01, 22), (1000, 0.1, 215), (1000, 0.5, 500), (1, 0.0, 10)],
)
def test_a_rate_needs_twice_as_many_connections_as_requests_are_on_their_way(
    rate_per_s: float, service_s: float, count: int
) -> None:
    assert Connections(least=10, most=500).needed(rate_per_s, service_s) == count


def test_connections_are_raised_by_a_quarter_at_least_so_that_not_every_step_has_others() -> None:
    connections = Connections(least=10, most=1000)

    assert len({connections.needed(float(rate), 0.05) for rate in range(1000, 1080)}) == 1


def test_connections_are_too_few_where_all_are_busy_and_the_server_takes_no_longer_than_alone() -> None:
    assert are_too_few(200, 100, 10, service_s=0.1, alone_s=0.1)
    assert not are_too_few(200, 100, 10, service_s=0.1, alone_s=0.01)
    assert not are_too_few(200, 50, 10, service_s=0.1, alone_s=0.1)
    assert not are_too_few(200, 200, 100, service_s=0.1, alone_s=0.1)
