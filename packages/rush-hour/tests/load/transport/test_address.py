"""Names with several addresses, and several addresses of our own."""

import socket
from collections.abc import Callable
from dataclasses import replace

import pytest
from in_process_load import drive, drive_all
from load_runs import plan_for
from scripted_server import OK, ScriptedServer

from rush_hour.errors import StartError, UsageError
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import ask_once
from rush_hour.load.transport.address import Address, Ways
from rush_hour.load.workload.request import OneRequest, build_request

Serve = Callable[..., ScriptedServer]


def address_of(host: str, port: int, *others: Address, sources: tuple[str, ...] = ()) -> Address:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return Address(family=family, sockaddr=(host, port), label=f"{host}:{port}", others=others, sources=sources)


def choices(ways: Ways, turn: int, place: int) -> list[tuple[str, str | None]]:
    return [(way.address.sockaddr[0], way.source) for way in reversed(ways.choose(turn, place))]


def test_addresses_are_tried_in_turn_by_the_load_and_by_the_probe(serve: Serve, free_port: int) -> None:
    server = serve()
    address = address_of("127.0.0.9", free_port, address_of("127.0.0.1", server.port))

    assert ask_once(build_request(parse_url(server.url)), address).body == b"hello"
    for way in ({}, {"connection_per_request": True}):
        result = drive_all(server.url, 60, address=address, **way).result
        assert (result.responses_good, result.errors, result.connections.connect_failures) == (60, {}, {})


def test_a_name_of_which_no_address_answers_is_an_error_by_the_last(free_port: int) -> None:
    address = address_of("127.0.0.9", free_port, address_of("127.0.0.1", free_port))

    with pytest.raises(StartError) as caught:
        ask_once(build_request(parse_url("http://x/")), address)

    assert str(caught.value) == f"URL: unable to connect to 127.0.0.9:{free_port}: Connection refused."


def test_spread_connections_go_to_all_addresses(serve: Serve) -> None:
    first = serve()
    second = ScriptedServer()
    second.start(socket.create_server(("127.0.0.2", first.port)))
    try:
        address = address_of("127.0.0.1", first.port, address_of("127.0.0.2", first.port))
        drive_all(first.url, 10, address=address)
        assert (first.connections, second.connections) == (10, 0)
        drive_all(first.url, 10, address=address, spread=True)
        assert (first.connections, second.connections) == (15, 5)
    finally:
        second.stop()


def test_sources_are_taken_in_turn(serve: Serve) -> None:
    server = serve()
    address = address_of("127.0.0.1", server.port, sources=("127.0.0.5", "127.0.0.6"))

    result = drive_all(server.url, 40, address=address).result

    assert result.responses_good == 40
    assert [server.peers.count(source) for source in address.sources] == [5, 5]


def test_the_order_of_ways() -> None:
    ways = Ways(address_of("10.0.0.1", 80, address_of("::1", 80), sources=("10.0.0.5", "10.0.0.6", "::2")))

    assert choices(ways, 0, 0) == [("10.0.0.1", "10.0.0.5"), ("10.0.0.1", "10.0.0.6"), ("::1", "::2")]
    assert choices(ways, 1, 1) == [("::1", "::2"), ("10.0.0.1", "10.0.0.6"), ("10.0.0.1", "10.0.0.5")]
    spread = Ways(address_of("10.0.0.1", 80, address_of("10.0.0.2", 80)), spread=True)
    assert choices(spread, 1, 0) == [("10.0.0.2", None), ("10.0.0.1", None)]


def test_sources_of_another_kind_than_every_address_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        Ways(address_of("10.0.0.1", 80, sources=("::1", "::2")))

    assert str(caught.value) == "--source: expected an address of the kind that 10.0.0.1:80 has, got ::1, ::2."


def test_a_close_that_was_asked_for_is_obeyed(serve: Serve) -> None:
    server = serve(lambda _number: OK)  # whose answers do not say that it closes
    request = build_request(parse_url(server.url), ["Connection: close"])

    result = drive_all(server.url, 60, requests=OneRequest(request)).result

    assert (result.responses_good, result.errors) == (60, {})
    assert server.connections >= 60


def test_with_a_connection_for_each_request_none_is_open_at_the_end_or_closed_idle(serve: Serve) -> None:
    """Every fifth request is never answered: its connection is closed, and the next opened when it is due."""
    server = serve(lambda number: b"" if number % 5 == 4 else OK)

    report = drive(
        plan_for(
            server.url,
            connection_per_request=True,
            processes=1,
            timeout_s=0.1,
            rate_per_s=100,
            connections=2,
            duration_s=0.5,
        )
    )

    assert report.result.errors["timeout"] > 0
    assert report.result.connections == replace(report.result.connections, open_at_end=0, closed_idle=0, reconnects=0)
    assert report.result.send_lag_us is not None
    assert report.result.send_lag_us.p50 < 100_000  # the wait for the connection before is not the generator's lag
