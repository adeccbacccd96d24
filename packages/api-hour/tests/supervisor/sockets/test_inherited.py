"""Sockets of the service manager: taken when they are for this process, and its variables are gone."""

import os
import socket
import subprocess
import sys

import pytest

from api_hour.errors import StartError
from api_hour.supervisor.sockets.inherited import systemd_sockets

# Takes what is given at descriptor 3, for the tests' own descriptor 3 is somebody else's.
RECEIVER = """
import os, socket
from api_hour.errors import StartError
from api_hour.supervisor.sockets.inherited import systemd_sockets
environment = dict(os.environ, LISTEN_PID=str(os.getpid()))
try:
    sockets = systemd_sockets(environment, os.getpid())
except StartError as error:
    print(error)
else:
    for name, sock in sockets.items():
        print(name, sock.getsockname()[1], os.get_inheritable(sock.fileno()))
        sock.close()
print([name for name in environment if name.startswith("LISTEN_")])
"""


def receive(*fds: int, count: int) -> list[str]:
    """Give descriptors to a process as a service manager does, and return what it says of them."""
    renumber = " ".join(f"{number}<&{fd}" for number, fd in enumerate(fds, start=3))
    ended = subprocess.run(
        ["bash", "-c", f'exec "$0" -c "$1" {renumber}', sys.executable, RECEIVER],
        env=os.environ | {"LISTEN_FDS": str(count), "LISTEN_FDNAMES": "a:b"},
        pass_fds=fds,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return ended.stdout.splitlines()


def test_the_sockets_given_to_this_process_are_named_and_the_variables_removed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [one.getsockname()[1], other.getsockname()[1]]

        assert receive(one.fileno(), other.fileno(), count=2) == [
            f"systemd:3 {ports[0]} False",
            f"systemd:4 {ports[1]} False",
            "[]",
        ]


def test_a_descriptor_that_is_missing_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        assert receive(one.fileno(), count=99)[0].startswith("LISTEN_FDS: descriptor 4: expected the descriptor of")


@pytest.mark.parametrize("pid", ["1", "", None])
def test_what_is_for_another_process_is_left_alone_and_not_passed_on(pid: str | None) -> None:
    environment = {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "x", "OTHER": "1"}
    if pid is not None:
        environment["LISTEN_PID"] = pid

    assert systemd_sockets(environment, 12345) == {}
    assert environment == {"OTHER": "1"}


def test_without_a_service_manager_there_is_nothing() -> None:
    assert systemd_sockets({}, 1) == {}
    assert systemd_sockets({"LISTEN_PID": "1"}, 1) == {}


def test_a_number_of_descriptors_that_is_none_is_refused() -> None:
    with pytest.raises(StartError) as caught:
        systemd_sockets({"LISTEN_PID": "1", "LISTEN_FDS": "two"}, 1)

    assert str(caught.value) == "LISTEN_FDS: expected a number of descriptors from the service manager; got 'two'."
