"""A daemon whose database goes away and comes back, and one that is told a wrong database."""

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from daemon_process import Daemon, daemon, exchange, get
from event_loops import POLL_S, TIMEOUT_S
from private_postgres import PrivatePostgres, private_postgres
from traffic import traffic

APP = """
from pathlib import Path

import api_hour
from api_hour.engines import Patience
from api_hour.engines.postgres import PostgresEngine
from api_hour.http import HttpServer, Router


class Container(api_hour.Container):
    def __init__(self, **given):
        super().__init__(**given)
        patience = Patience(boot_s=1.0, borrow_s=0.2)
        dsn = Path("dsn").read_text()
        self.engines["agents"] = PostgresEngine(dsn, min_size=8, max_size=8, patience=patience)
        router = Router()
        router.add("GET", "/", self.who)
        self.servers["http"] = HttpServer(router, container=self)

    def make_servers(self):
        return [self.servers["http"]]

    async def who(self, request):
        return await self.engines["agents"].fetch_value("SELECT $1::int", self.worker.pid)
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PrivatePostgres]:
    with private_postgres() as server:
        yield server


@pytest.fixture
def served(tmp_path: Path, postgres: PrivatePostgres) -> Iterator[Daemon]:
    """Two workers with a connection for each client of the traffic, so that nobody waits while all is well."""
    (tmp_path / "dsn").write_text(f"{postgres.dsn}&application_name=agents")
    with daemon(tmp_path, "-w", "2", "-b", "127.0.0.1:0", app=APP) as running:
        yield running


def wait_until(condition: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(int(TIMEOUT_S / POLL_S)):
        if condition():
            return
        pause.wait(POLL_S)
    pytest.fail("not in time")


def test_while_the_database_is_away_the_answer_is_503_and_then_everything_works_again(
    served: Daemon, postgres: PrivatePostgres
) -> None:
    pids = served.wait_ready(workers=2)
    with traffic(served.tcp_address()) as running:
        with postgres.stopped():
            wait_until(lambda: "503 try again\n" in running.failures)
            answer = exchange(served.tcp_address(), get("/"))
            assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"\r\nRetry-After: 1\r\n" in answer
        served.supervisor.wait_for(r"engine 'agents' is up", count=4)
        wait_until(lambda: postgres.count("agents") == 16)
        running.wait_for(20)
        running.failures.clear()
        running.wait_for(200)
        assert running.failures == []
        assert set(running.answers) == {str(pid) for pid in pids}

    assert postgres.count("agents") == 16
    assert len(served.supervisor.wait_for(r"worker \d+ started")) == 2


def test_a_reload_with_a_database_that_is_not_there_keeps_the_old_workers(
    served: Daemon, postgres: PrivatePostgres, tmp_path: Path
) -> None:
    pids = served.wait_ready(workers=2)
    (tmp_path / "dsn").write_text(postgres.dsn.replace("/postgres?", "/nowhere?"))
    with traffic(served.tcp_address()) as running:
        served.supervisor.process.send_signal(signal.SIGHUP)
        served.supervisor.wait_for(
            r"engine 'agents' did not come up within 1 s: InvalidCatalogNameError: database \"nowhere\" does not exist"
        )
        running.wait_for(100)
        assert running.failures == []
        assert set(running.answers) == {str(pid) for pid in pids}
