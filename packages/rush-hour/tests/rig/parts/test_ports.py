import socket

import pytest

from rush_hour.errors import StartError
from rush_hour.rig.parts import ports
from rush_hour.rig.parts.ports import Ports


def listener_on(port: int, host: str = "127.0.0.1") -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()
    return listener


def test_a_free_port_is_taken_as_wanted(free_port: int) -> None:
    with Ports() as run:
        assert run.take(free_port) == free_port


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  # who listens everywhere listens on loopback
def test_a_port_that_somebody_listens_on_is_replaced_by_a_free_one(free_port: int, host: str) -> None:
    with listener_on(free_port, host), Ports() as run:
        replacement = run.take(free_port)

        assert replacement != free_port
        listener_on(replacement).close()


def test_a_port_in_its_closing_minute_is_free(free_port: int) -> None:
    """A server that closed its connections first leaves them in TIME_WAIT, which does not keep a new one away."""
    with listener_on(free_port) as listener, socket.create_connection(("127.0.0.1", free_port)) as client:
        listener.accept()[0].close()
        assert client.recv(1) == b""

    with Ports() as run:
        assert run.take(free_port) == free_port


def test_two_runs_never_have_the_same_port(free_port: int) -> None:
    with Ports() as one, Ports() as other:
        taken = [run.take(free_port) for run in (one, other, other)]

        assert taken[0] == free_port
        assert len(set(taken)) == 3


def test_a_port_is_released_at_the_end(free_port: int) -> None:
    with Ports() as run:
        run.take(free_port)

    with Ports() as run:
        assert run.take(free_port) == free_port


def test_no_free_port_is_an_error(monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    monkeypatch.setattr(ports, "_free", lambda _port: None)

    with Ports() as run, pytest.raises(StartError) as caught:
        run.take(free_port)

    assert str(caught.value) == "no free port found on 127.0.0.1."
