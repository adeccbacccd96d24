"""How connections and answers were spread, of real processes and on paper."""

import ast
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from rig.deadlines import wait_for

from rush_hour.load.share import OpenConnection
from rush_hour.results.resources import Role
from rush_hour.rig.parts.part import Part
from rush_hour.rig.watch.accepted import end_of
from rush_hour.rig.watch.balance import PLACED_RATIO, Held, find_balance, place, without_doubtful_answers

HOLDER = """
import os, socket, time
listener = socket.socket(socket.FAMILY)
listener.bind(ADDRESS)
listener.listen()
print(repr(listener.getsockname()))
accepted = [listener.accept()[0] for _ in range(COUNT)]
if FORKS and os.fork() == 0:
    time.sleep(1000)
print("accepted")
time.sleep(1000)
"""
TCP = ("127.0.0.1", 0)


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start_holder(start_part: Callable[..., Part], **values: object) -> Part:
    """Start a server that accepts so many connections and holds them."""
    program = HOLDER
    for name, value in ({"FAMILY": "AF_INET", "ADDRESS": TCP, "FORKS": False} | values).items():
        program = program.replace(name, value if name == "FAMILY" else repr(value))  # type: ignore[arg-type]  # a name
    part = start_part(program)
    wait_for(part.log_tail, "the listener")
    return part


def connect(part: Part, clients: ExitStack, count: int) -> list[socket.socket]:
    """Connect so many clients, and wait until all are accepted."""
    where = ast.literal_eval(part.log_tail())
    family = socket.AF_INET if isinstance(where, tuple) else socket.AF_UNIX
    sockets = [clients.enter_context(socket.socket(family)) for _ in range(count)]
    for sock in sockets:
        sock.connect(where)
    wait_for(lambda: part.log_tail().endswith("accepted"), "connections")
    return sockets


def opened(sockets: list[socket.socket], *answers: int) -> list[OpenConnection]:
    return [
        OpenConnection(own=sock.getsockname(), peer=sock.getpeername(), answers=count)
        for sock, count in zip(sockets, answers, strict=True)
    ]


def test_a_process_holds_what_it_has_accepted_and_its_answers_are_those_that_came_on_it(
    start_part: Callable[..., Part], clients: ExitStack
) -> None:
    part = start_holder(start_part, COUNT=3)
    sockets = connect(part, clients, 3)
    [server] = part.process_ids()

    balance = find_balance(opened(sockets, 5, 6, 7), {"server": [server, os.getpid()], "database": [os.getppid()]})

    assert balance == {"server": {server: Held(connections=3, answers=18), os.getpid(): Held(connections=0, answers=0)}}


def test_what_several_processes_hold_is_not_told_apart(start_part: Callable[..., Part], clients: ExitStack) -> None:
    part = start_holder(start_part, COUNT=3, FORKS=True)
    sockets = connect(part, clients, 3)
    wait_for(lambda: len(part.process_ids()) == 2, "the child")

    assert find_balance(opened(sockets, 5, 6, 7), {"server": part.process_ids()}) == {}


def test_behind_a_proxy_connections_are_counted_and_answers_are_not(
    start_part: Callable[..., Part], clients: ExitStack, tmp_path: Path
) -> None:
    listener = clients.enter_context(socket.create_server(TCP))
    to_proxy = clients.enter_context(socket.create_connection(listener.getsockname()))
    clients.enter_context(listener.accept()[0])
    part = start_holder(start_part, FAMILY="AF_UNIX", ADDRESS=str(tmp_path / "server.sock"), COUNT=2)
    processes: dict[Role, list[int]] = {"server": part.process_ids(), "proxy": [os.getpid()]}
    of_proxy = {os.getpid(): Held(connections=1, answers=9)}

    before = find_balance(opened([to_proxy], 9), processes)
    connect(part, clients, 2)
    after = find_balance(opened([to_proxy], 9), processes)

    [server] = part.process_ids()
    assert before == {"proxy": of_proxy}
    assert after == {"proxy": of_proxy, "server": {server: Held(connections=2, answers=None)}}


def test_without_processes_or_connections_nothing_is_known() -> None:
    assert find_balance([], {"server": [os.getpid()]}) == {}
    assert find_balance([], {"server": []}) == {}


def test_a_connection_is_placed_by_its_inode_and_left_out_where_its_holder_is_not_known() -> None:
    connections = [
        OpenConnection(own=("127.0.0.1", port), peer=("127.0.0.2", 80), answers=port) for port in (1000, 1001, 1002)
    ]
    server = end_of(("127.0.0.2", 80))
    inodes = {(server, end_of(("127.0.0.1", 1000))): 7, (server, end_of(("127.0.0.1", 1001))): 8}

    assert place(connections, inodes, {7: 42}) == {42: Held(connections=1, answers=1000)}


@pytest.mark.parametrize(
    ("answers", "known"),
    [(100, (60, 40)), (round(100 / PLACED_RATIO), (60, 40)), (round(100 / PLACED_RATIO) + 1, (None, None))],
    ids=["all", "just enough", "too few"],
)
def test_answers_are_told_where_enough_of_the_runs_are_placed(
    answers: int, known: tuple[int | None, int | None]
) -> None:
    balance = {"server": {1: Held(connections=6, answers=60), 2: Held(connections=4, answers=40)}}

    sound = without_doubtful_answers(balance, answers)  # type: ignore[arg-type]  # a role

    assert sound == {"server": {1: Held(connections=6, answers=known[0]), 2: Held(connections=4, answers=known[1])}}


def test_where_nothing_was_answered_no_process_has_answers() -> None:
    sound = without_doubtful_answers({"server": {1: Held(connections=6, answers=0)}}, 0)

    assert sound == {"server": {1: Held(connections=6, answers=None)}}
