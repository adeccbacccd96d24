"""Other paces than a constant rate on kept connections, against real servers. No test asserts a time."""

import time
from collections.abc import Callable

from load_runs import run
from scripted_server import OK, ScriptedServer

from rush_hour.core.arrivals import ClosedLoop, Poisson
from rush_hour.core.histogram import Histogram

Serve = Callable[..., ScriptedServer]


def test_poisson_arrivals_are_all_sent_and_answered(serve: Serve) -> None:
    server = serve()

    result = run(server.url, arrivals=Poisson(rate_per_s=500, seed=0))

    assert 400 < result.requests_due < 600
    assert result.requests_due == result.responses_good == len(server.requests)


def test_a_closed_loop_sends_the_next_request_when_it_is_answered(serve: Serve) -> None:
    def script(_number: int) -> bytes:
        time.sleep(0.02)
        return OK

    server = serve(script)

    result = run(server.url, arrivals=ClosedLoop(), connections=4)

    assert 50 < result.requests_due <= 200  # 4 connections, at most 50 a second each
    assert result.requests_due == result.responses_good == len(server.requests)
    latency = Histogram.decode(result.histogram.latency_us or "")
    service_time = Histogram.decode(result.histogram.service_time_us or "")
    assert abs(latency.mean_us() - service_time.mean_us()) < 10_000  # nothing ever waits


def test_a_limited_number_of_requests_ends_the_run_early(serve: Serve) -> None:
    server = serve()

    result = run(server.url, arrivals=ClosedLoop(), max_requests=55, duration_s=60.0)

    assert result.requests_due == result.responses_good == len(server.requests) == 55
    assert result.elapsed_s < 60


def test_each_request_may_have_a_connection_of_its_own(serve: Serve) -> None:
    server = serve()

    result = run(server.url, connection_per_request=True)

    assert result.responses_good == server.connections == len(server.requests) == 200
    assert result.connections.reconnects == 0
    assert result.send_lag_us is not None
    assert result.send_lag_us.count == 200


def test_a_connection_of_its_own_that_is_refused_is_an_error_of_its_request(serve: Serve) -> None:
    def script(number: int) -> bytes:
        if number == 50:
            server.stop()
        return OK

    server = serve(script)

    result = run(server.url, connection_per_request=True)

    assert 49 <= result.responses_good <= 51
    assert result.errors["connect:ECONNREFUSED"] >= 140


def test_a_closed_loop_does_not_spin_against_a_closed_port(serve: Serve) -> None:
    def script(number: int) -> bytes:
        if number == 20:
            server.stop()
        return OK

    server = serve(script)

    result = run(server.url, connection_per_request=True, arrivals=ClosedLoop(), connections=2)

    assert result.errors["connect:ECONNREFUSED"] < 100  # tries are further and further apart
