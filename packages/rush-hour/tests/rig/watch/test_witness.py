"""What is noted of real parts: logs, sockets, and the words of a real PostgreSQL."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import ModuleType

import pytest
from rig.deadlines import wait_for

from rush_hour.judge.explain.facts import ListenerDrops
from rush_hour.judge.explain.reading import read_log
from rush_hour.rig.parts.part import Part
from rush_hour.rig.parts.postgres import private_server
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.watch import witness as witness_module
from rush_hour.rig.watch.listening_sockets import read_listeners
from rush_hour.rig.watch.witness import Witness

Start = Callable[..., Part]
LISTENING = """
import socket, time
listener = socket.create_server(("127.0.0.1", 0), backlog=1)
print(listener.getsockname()[1], flush=True)
time.sleep(1000)
"""


def overflow(port: int) -> None:
    """Connect so often that the queue of a listener with a backlog of 1 overflows."""
    with ExitStack() as stack:
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        wait_for(lambda: any(one.drops for one in read_listeners().values() if one.port == port), "a drop")


@pytest.fixture
def listening(start_part: Start) -> tuple[Part, int]:
    """A part that listens and never accepts, and its port."""
    part = start_part(LISTENING)
    wait_for(part.log_tail, "its port")
    return part, int(part.log_tail())


def test_what_a_part_logs_and_drops_in_the_time_is_noted(listening: tuple[Part, int]) -> None:
    part, port = listening
    with Witness({"server": part}) as witness:
        witness.begin()
        overflow(port)
        with part.log_path.open("a") as log:
            log.write("in the time\n")
        witness.end()
        seen = witness.surroundings({})
        with part.log_path.open("a") as log:
            log.write("too late\n")

    assert (seen.front, seen.server_program) == ("server", Path(part.command[0]).name)
    [log_piece] = seen.logs
    assert (log_piece.role, log_piece.name) == ("server", "part.log")
    assert [(line.number, line.text) for line in log_piece.lines] == [(2, "in the time")]
    [drops] = seen.drops
    assert (drops.role, drops.address, drops.backlog) == ("server", f"127.0.0.1:{port}", 1)
    assert drops.dropped > 0
    assert (drops.most_waiting, drops.is_full) == (2, True)


def test_a_socket_that_nobody_here_started_is_known_by_its_port(listening: tuple[Part, int]) -> None:
    _, port = listening
    with Witness({}, port=port) as asked, Witness({}) as other:
        for witness in (asked, other):
            witness.begin()
        overflow(port)
        for witness in (asked, other):
            witness.end()

    assert [drops.role for drops in asked.surroundings({}).drops] == ["server"]
    assert other.surroundings({}).drops == []


def test_where_sockets_cannot_be_looked_at_the_machines_counter_tells(
    listening: tuple[Part, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    part, port = listening
    monkeypatch.setattr(witness_module, "_listeners", lambda: None)
    with Witness({"server": part}) as witness:
        witness.begin()
        overflow(port)
        witness.end()

    [drops] = witness.surroundings({}).drops
    assert drops == ListenerDrops(role=None, address="some socket of the machine", dropped=drops.dropped)
    assert drops.dropped > 0


def test_packets_of_no_connection_are_not_taken_for_a_full_queue(
    listening: tuple[Part, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    part, port = listening
    monkeypatch.setattr(witness_module, "overflows_of_all", lambda: 7)
    with Witness({"server": part}) as witness:
        witness.begin()
        overflow(port)
        witness.end()

    assert witness.surroundings({}).drops == []


@pytest.fixture
def database(run_directory: RunDirectory, tmp_path: Path) -> Iterator[tuple[str, Part]]:
    """A server of its own, whose processes may be killed."""
    with private_server(run_directory, tmp_path / "postgres.log") as (url, part):
        yield url, part


def provoke(psycopg: ModuleType, url: str) -> None:
    """Have the database log whatever it can be made to log."""
    with psycopg.connect(url, autocommit=True) as one, psycopg.connect(url, autocommit=True) as other:
        one.execute("CREATE TABLE rows AS SELECT generate_series(1, 2) AS id")
        one.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        for setting, statement in (
            ("statement_timeout", "SELECT pg_sleep(60)"),
            ("lock_timeout", "UPDATE rows SET id = id"),
        ):
            other.execute("BEGIN")
            other.execute("UPDATE rows SET id = id")
            one.execute(f"SET {setting} = '10ms'")
            with pytest.raises(psycopg.Error):
                one.execute(statement)
            one.execute(f"RESET {setting}")
            other.execute("ROLLBACK")
        with pytest.raises(psycopg.Error):
            one.execute("SELECT no_such_column FROM rows")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url.replace("//rush_hour@", "//crowded@"))
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as ended:
        ended.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with suppress(psycopg.OperationalError), psycopg.connect(url) as killed:
        os.kill(killed.info.backend_pid, signal.SIGKILL)


def test_a_real_database_says_what_went_wrong_in_the_words_of_the_table(database: tuple[str, Part]) -> None:
    psycopg = pytest.importorskip("psycopg")
    url, part = database
    with Witness({"server": part, "database": part}) as witness:
        witness.begin()
        provoke(psycopg, url)
        wait_for(lambda: "was terminated by signal 9" in part.log_path.read_text(), "the end of a process")
        witness.end()

    log_piece = next(log for log in witness.surroundings({}).logs if log.role == "database")
    assert [(finding.sign.code, finding.count) for finding in read_log(log_piece)] == [
        ("statement-timeout", 1),
        ("lock-timeout", 1),
        ("database-error", 1),
        ("database-full", 1),
        ("database-ended", 1),
        ("database-crashed", 1),
    ]
