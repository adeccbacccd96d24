"""What the connections to the run's database do, looked at twice a second while the load is measured.

One connection of its own looks, which counts nowhere. It is opened before the load, so that it has its place among the
connections that the server allows, and opened again when the server ends it; a server that does not let it in, or has
gone, is looked at the next time, and what was not seen is left out. Nothing that goes wrong here ends a run.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from os import dup
from types import TracebackType
from typing import Any, Self

from rush_hour.core.sql_text import kind_of
from rush_hour.results.evidence import DatabaseActivity, DatabaseRow, Statement
from rush_hour.results.run import Run
from rush_hour.rig.parts.postgres import psycopg_module

INTERVAL_S = 0.5
CONNECT_TIMEOUT_S = 2  # the least that libpq takes
END_TIMEOUT_S = 1.0
STATEMENTS_LIMIT = 50  # in the result
KINDS_LIMIT = 2_000  # of statements, that are counted
APPLICATION_NAME = "rush-hour looks on"
LOOK = """
SELECT state, wait_event_type, query,
       CASE WHEN state = 'active' THEN extract(epoch FROM clock_timestamp() - query_start)::float8 END
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> %s
"""
STATISTICS = """
SELECT query, sum(calls)::int8, sum(total_exec_time)::float8 / 1000
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
GROUP BY query
"""
STATISTICS_FOUND = """
SELECT EXISTS (SELECT FROM pg_settings WHERE name = 'pg_stat_statements.max'),
       to_regclass('pg_stat_statements') IS NOT NULL,
       rolsuper
FROM pg_roles WHERE rolname = current_user
"""
MAKE_STATISTICS = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"
OWN_VIEWS = ("pg_stat_activity", "pg_stat_statements")  # a statement on these is a look, and no system's
IDLE_IN_TRANSACTION = {"idle in transaction", "idle in transaction (aborted)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """What one connection did.

    Attributes:
        state, wait_event_type: as pg_stat_activity has them.
        age_s: for how long its statement had been executed; None if it executed none.
    """

    state: str | None
    wait_event_type: str | None
    query: str | None
    age_s: float | None


Totals = dict[str, tuple[int, float]]  # by kind of statement: calls, and seconds of execution


def row_of(backends: Sequence[Backend], at_s: float) -> DatabaseRow:
    """Return one look. Pure.

    Args:
        backends: what each connection did.
        at_s: when, since the measurement began.
    """
    active = [backend for backend in backends if backend.state == "active"]
    return DatabaseRow(
        at_s=round(at_s, 3),
        connections=len(backends),
        active=len(active),
        waiting=sum(backend.wait_event_type == "Lock" for backend in active),
        idle_in_transaction=sum(backend.state in IDLE_IN_TRANSACTION for backend in backends),
        longest_s=round(max((backend.age_s or 0.0 for backend in active), default=0.0), 3),
    )


def statements_of(seen: Counter[str], before: Totals | None, after: Totals | None) -> list[Statement]:
    """Return the statements that were seen most, and those that took most time, the most first. Pure.

    Args:
        seen: how often each kind was seen active.
        before: what pg_stat_statements had at the beginning; None where the server does not have it.
        after: the same at the end.
    """
    used = _used(before, after)
    statements = [
        Statement(
            text=text,
            seen_active=seen[text],
            calls=used[text][0] if text in used else None,
            total_s=round(used[text][1], 6) if text in used else None,
        )
        for text in seen.keys() | used.keys()
    ]
    statements.sort(key=lambda one: (-one.seen_active, -(one.total_s or 0.0), one.text))
    return statements[:STATEMENTS_LIMIT]


def _used(before: Totals | None, after: Totals | None) -> Totals:
    if before is None or after is None:
        return {}
    differences = {
        text: (calls - before.get(text, (0, 0.0))[0], total_s - before.get(text, (0, 0.0))[1])
        for text, (calls, total_s) in after.items()
        if not any(view in text for view in OWN_VIEWS)
    }
    return {text: difference for text, difference in differences.items() if difference[0] > 0}


class DatabaseActivitySampling:
    """Looks at a database from `begin` to `end`. A context manager, which connects, and ends it at the latest.

    Args:
        url: of the run's database.
        interval_s: between two looks, in seconds.
    """

    def __init__(self, url: str, interval_s: float = INTERVAL_S) -> None:
        self._url, self._interval_s = url, interval_s
        self._connection: Any = None
        self._max_connections: int | None = None
        self._rows: list[DatabaseRow] = []
        self._seen = Counter[str]()
        self._has_statistics = False
        self._before: Totals | None = None
        self._after: Totals | None = None
        self._began_at_s = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Connect, if the server lets us."""
        try:
            self._connect()
        except psycopg_module().Error:  # it is tried again at each look
            self._disconnect()
        return self

    def begin(self) -> None:
        """Look from now on."""
        self._began_at_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def watch(self) -> None:
        """Do nothing: a thread looks."""

    def end(self) -> None:
        """Look no more. A look that the server does not answer is given up."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(END_TIMEOUT_S)
            if self._thread.is_alive():
                self._hang_up()
                self._thread.join(CONNECT_TIMEOUT_S + END_TIMEOUT_S)

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """End it, and disconnect."""
        self.end()
        self._disconnect()

    @property
    def cpu_s(self) -> float:
        """What processes of its own have used: it has none."""
        return 0.0

    def add_to(self, run: Run) -> Run:
        """Return the run with what was seen; as it is where nothing was."""
        if self._max_connections is None or not self._rows:
            return run
        activity = DatabaseActivity(
            max_connections=self._max_connections,
            timeline=list(self._rows),
            statements=statements_of(self._seen, self._before, self._after),
        )
        return replace(run, database=activity)

    def _run(self) -> None:
        self._before = self._statistics()
        while not self._ended.wait(self._interval_s):
            self._look()
        self._after = self._statistics()

    def _look(self) -> None:
        try:
            if self._connection is None:
                self._connect()
            found = self._connection.execute(LOOK, [APPLICATION_NAME]).fetchall()
        except psycopg_module().Error:  # no look: the next may be one
            self._disconnect()
            return
        backends = [Backend(state=one[0], wait_event_type=one[1], query=one[2], age_s=one[3]) for one in found]
        self._rows.append(row_of(backends, time.monotonic() - self._began_at_s))
        self._count(one.query for one in backends if one.state == "active" and one.query is not None)

    def _count(self, queries: Iterable[str]) -> None:
        for query in queries:
            kind = _kind_of(query)
            if kind and (kind in self._seen or len(self._seen) < KINDS_LIMIT):
                self._seen[kind] += 1

    def _connect(self) -> None:
        self._connection = psycopg_module().connect(
            self._url,
            autocommit=True,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name=APPLICATION_NAME,
            prepare_threshold=None,  # it may be a pooler's, and twice a second is not often
        )
        self._max_connections = int(self._connection.execute("SHOW max_connections").fetchone()[0])
        self._has_statistics = self._find_statistics()

    def _find_statistics(self) -> bool:
        """Return whether there is pg_stat_statements, made in the run's database where it can be.

        Nothing is tried that would fail: that would be an error in the server's log, and taken for a system's.
        """
        is_loaded, is_there, may_make = self._connection.execute(STATISTICS_FOUND).fetchone()
        if is_loaded and may_make and not is_there:
            self._connection.execute(MAKE_STATISTICS)
            _, is_there, _ = self._connection.execute(STATISTICS_FOUND).fetchone()
        return bool(is_loaded and is_there)

    def _statistics(self) -> Totals | None:
        """Return what pg_stat_statements has; None where there is none, or nobody answers."""
        if self._connection is None or not self._has_statistics:
            return None
        totals: Totals = {}
        try:
            for query, calls, total_s in self._connection.execute(STATISTICS).fetchall():
                kind = _kind_of(query)
                calls_before, total_before_s = totals.get(kind, (0, 0.0))
                totals[kind] = (calls_before + calls, total_before_s + total_s)
        except psycopg_module().Error:
            return None
        return totals

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _hang_up(self) -> None:
        """Let whoever waits for the server's answer have an error instead."""
        connection = self._connection
        if connection is not None:
            with suppress(OSError, psycopg_module().Error), socket.socket(fileno=dup(connection.fileno())) as own:
                own.shutdown(socket.SHUT_RDWR)


@lru_cache(maxsize=KINDS_LIMIT)
def _kind_of(query: str) -> str:
    return kind_of(query)
