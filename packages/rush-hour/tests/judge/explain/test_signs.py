"""Each row of the tables, by a line as the program writes it."""

import pytest
from explained_runs import explained, piece

from rush_hour.judge.explain.facts import LogPiece
from rush_hour.judge.explain.nginx_signs import NGINX_SIGNS
from rush_hour.judge.explain.postgres_signs import POSTGRES_SIGNS
from rush_hour.judge.explain.reading import read_log
from rush_hour.judge.explain.server_signs import EXCEPTION_SIGNS, SERVER_SIGNS
from rush_hour.judge.explain.sign import Sign
from rush_hour.results.run import LoadResult, PlanFacts

TO_UPSTREAM = "while connecting to upstream"
FROM_UPSTREAM = "while reading response header from upstream"
OF_NGINX = [
    ("proxy-connections", "[alert] 8#8: 12 worker_connections are not enough"),
    ("proxy-connections", "[warn] 8#8: 12 worker_connections are not enough, reusing connections"),
    ("body-too-large", "[error] 8#8: *1 client intended to send too large body: 2000 bytes"),
    ("body-too-large", "[error] 8#8: *1 client intended to send too large chunked body: 1000+500 bytes"),
    ("proxy-open-files", "[crit] 8#8: accept4() failed (24: Too many open files)"),
    (
        "proxy-ports",
        f"[crit] 8#8: *1 connect() to 127.0.0.1:8 failed (99: Cannot assign requested address) {TO_UPSTREAM}",
    ),
    ("proxy-limit", '[error] 8#8: *1 limiting requests, excess: 0.500 by zone "one"'),
    ("proxy-limit", '[error] 8#8: *1 limiting connections by zone "one"'),
    (
        "backlog-full",
        f"[error] 8#8: *1 connect() to unix:/s failed (11: Resource temporarily unavailable) {TO_UPSTREAM}",
    ),
    ("connection-refused", f"[error] 8#8: *1 connect() to unix:/s failed (111: Connection refused) {TO_UPSTREAM}"),
    ("socket-gone", f"[crit] 8#8: *1 connect() to unix:/s failed (2: No such file or directory) {TO_UPSTREAM}"),
    ("upstream-timeout", f"[error] 8#8: *1 upstream timed out (110: Connection timed out) {FROM_UPSTREAM}"),
    ("no-live-upstreams", f"[error] 8#8: *1 no live upstreams {TO_UPSTREAM}"),
    ("upstream-head-too-large", f"[error] 8#8: *1 upstream sent too big header {FROM_UPSTREAM}"),
    ("upstream-reset", f"[error] 8#8: *1 recv() failed (104: Connection reset by peer) {FROM_UPSTREAM}"),
    ("upstream-closed", f"[error] 8#8: *1 upstream prematurely closed connection {FROM_UPSTREAM}"),
    ("proxy-worker-crashed", "[alert] 7#7: worker process 8 exited on signal 11"),
    ("proxy-error", "[error] 8#8: *1 something new"),
]
OF_POSTGRES = [
    ("database-full", "FATAL:  sorry, too many clients already"),
    (
        "database-full",
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
    ),
    ("database-full", 'FATAL:  too many connections for role "app"'),
    ("database-full", 'FATAL:  too many connections for database "app"'),
    ("database-deadlock", "ERROR:  deadlock detected"),
    ("statement-timeout", "ERROR:  canceling statement due to statement timeout"),
    ("lock-timeout", "ERROR:  canceling statement due to lock timeout"),
    ("statement-cancelled", "ERROR:  canceling statement due to user request"),
    ("idle-in-transaction", "FATAL:  terminating connection due to idle-in-transaction timeout"),
    ("database-crashed", "LOG:  client backend (PID 9) was terminated by signal 9: Killed"),
    ("database-ended", "FATAL:  terminating connection due to administrator command"),
    ("database-out-of-memory", "ERROR:  out of memory"),
    ("database-out-of-memory", "ERROR:  out of shared memory"),
    ("database-error", 'ERROR:  column "title" does not exist at character 8'),
]
API_HOUR = "2026-03-04 05:06:07.890+00:00 [7] "
OF_SERVERS = [
    ("gunicorn", "worker-timeout", "[2026-03-04 05:06:07 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:8)"),
    (
        "gunicorn",
        "worker-killed",
        "[2026-03-04 05:06:07 +0000] [7] [ERROR] Worker (pid:8) was sent SIGKILL! Perhaps out of memory?",
    ),
    ("gunicorn", "worker-crashed", "[2026-03-04 05:06:07 +0000] [7] [ERROR] Worker (pid:8) exited with code 7."),
    *(
        ("gunicorn", "worker-crashed", f"[2026-03-04 05:06:07 +0000] [7] [WARNING] Worker (pid:8) was sent {name}!")
        for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE")
    ),
    ("uwsgi", "worker-timeout", "*** HARAKIRI ON WORKER 1 (pid: 8, try: 1, graceful: no) ***"),
    ("uwsgi", "worker-killed", "DAMN ! worker 1 (pid: 8) died, killed by signal 9 :( trying respawn ..."),
    ("uwsgi", "worker-crashed", "DAMN ! worker 1 (pid: 8) died, killed by signal 11 :( trying respawn ..."),
    ("uwsgi", "worker-crashed", "DAMN ! worker 1 (pid: 8) died :( trying respawn ..."),
    ("uwsgi", "backlog-full", '*** uWSGI listen queue of socket "127.0.0.1:80" (fd: 3) full !!! (101/100) ***'),
    ("uvicorn", "worker-crashed", "INFO:     Child process [8] died"),
    ("uvicorn", "server-limit", "WARNING:  Exceeded concurrency limit."),
    (
        "api_hour",
        "worker-timeout",
        f"{API_HOUR}ERROR api_hour.supervisor: worker 1 gave no sign of life in time: killed",
    ),
    ("api_hour", "worker-timeout", f"{API_HOUR}ERROR api_hour.supervisor: worker 1 did not come up in time: killed"),
    ("api_hour", "worker-killed", f"{API_HOUR}INFO api_hour.supervisor: worker 1, pid 8, ended by signal 9"),
    *(
        ("api_hour", "worker-crashed", f"{API_HOUR}INFO api_hour.supervisor: worker 1, pid 8, {how}")
        for how in (
            *(f"ended by signal {number}" for number in (11, 6, 7, 4, 8)),
            *(f"ended with exit code {number}" for number in range(1, 10)),
        )
    ),
    ("api_hour", "request-timeout", f"{API_HOUR}WARNING api_hour.http: GET '/agents' was not answered in time"),
    (
        "api_hour",
        "source-down",
        f"{API_HOUR}WARNING api_hour.engines: database cannot connect: TooManyConnectionsError: too many clients",
    ),
    (
        "api_hour",
        "server-limit",
        f"{API_HOUR}INFO api_hour.http: refused a request: 503 Service Unavailable: 10 connections are open",
    ),
    (
        "api_hour",
        "body-too-large",
        f"{API_HOUR}INFO api_hour.http: refused POST '/' of 127.0.0.1: 413 Content Too Large: the body is too long",
    ),
    (
        "api_hour",
        "server-open-files",
        f"{API_HOUR}ERROR api_hour.worker: cannot accept connections: [Errno 24] Too many open files",
    ),
]
TO_DATABASE = "psycopg.OperationalError: connection failed: connection to server"
OF_EXCEPTIONS = [
    *(
        (code, f"psycopg.OperationalError: connection failed: {line}")
        for code, line in OF_POSTGRES
        if code not in {"database-crashed", "database-error", "database-out-of-memory"}
    ),
    ("database-out-of-memory", "psycopg.errors.OutOfMemory: ERROR:  out of memory"),
    ("database-out-of-memory", "psycopg.errors.OutOfMemory: ERROR:  out of shared memory"),
    ("database-queue-full", f"{TO_DATABASE} on socket '/tmp/x/.s.PGSQL.5432' failed: Resource temporarily unavailable"),
    ("database-gone", f"{TO_DATABASE} at '127.0.0.1', port 5432 failed: Connection refused"),
    ("worker-left", "SystemExit: 1"),
    ("memory-error", "MemoryError"),
    ("server-open-files", "OSError: [Errno 24] Too many open files: 'x'"),
    ("application-error", "LookupError: no such agent"),
]
QUIET = [
    piece("proxy", "2026/03/04 05:06:07 [warn] 8#8: *1 a client request body is buffered to a temporary file"),
    piece("proxy", "2026/03/04 05:06:07 [notice] 8#8: start worker processes"),
    piece("database", "2026-03-04 05:06:07.890 UTC [8] LOG:  checkpoint starting: time"),
    piece("database", "2026-03-04 05:06:07.890 UTC [8] DETAIL:  Process 9 waits for ShareLock"),
    piece("server", "[2026-03-04 05:06:07 +0000] [7] [INFO] Booting worker with pid: 8"),
    piece("server", "[2026-03-04 05:06:07 +0000] [7] [INFO] Worker (pid:8) was sent SIGTERM!"),
    piece("server", f"{API_HOUR}INFO api_hour.supervisor: worker 1, pid 8, ended with exit code 0"),
    piece("server", f"{API_HOUR}INFO api_hour.supervisor: worker 1 retires, pid 8: memory"),
    piece("server", "Respawned uWSGI worker 1 (new pid: 9)"),
]


def of_exception(line: str) -> LogPiece:
    return piece("server", "Traceback (most recent call last):", '  File "a.py", line 1, in answer', line)


def code_of(log: LogPiece) -> str:
    [finding] = read_log(log)
    assert finding.count == 1
    return finding.sign.code


@pytest.mark.parametrize(("code", "line"), OF_NGINX)
def test_a_line_of_nginx_is_known(code: str, line: str) -> None:
    whole = f'2026/03/04 05:06:07 {line}, client: 127.0.0.1, server: , request: "GET / HTTP/1.1", host: "127.0.0.1:80"'
    assert code_of(piece("proxy", whole)) == code


@pytest.mark.parametrize(("code", "line"), OF_POSTGRES)
def test_a_line_of_postgresql_is_known(code: str, line: str) -> None:
    assert code_of(piece("database", f"2026-03-04 05:06:07.890 UTC [8] {line}")) == code


@pytest.mark.parametrize(("program", "code", "line"), OF_SERVERS)
def test_a_line_of_a_server_is_known(program: str, code: str, line: str) -> None:
    [finding] = read_log(piece("server", line, program=program))
    assert (finding.sign.program, finding.sign.code) == (program, code)
    assert sum(sign.is_in(line) for sign in SERVER_SIGNS if sign.program != program) == 0


@pytest.mark.parametrize(("code", "line"), OF_EXCEPTIONS)
def test_the_last_line_of_a_traceback_is_known(code: str, line: str) -> None:
    assert code_of(of_exception(line)) == code


@pytest.mark.parametrize("log", QUIET, ids=lambda log: log.lines[0].text[:60])
def test_what_is_no_fault_is_passed_over(log: LogPiece) -> None:
    assert read_log(log) == []


@pytest.mark.parametrize(
    ("signs", "lines"),
    [
        (NGINX_SIGNS, [line for _, line in OF_NGINX]),
        (POSTGRES_SIGNS, [line for _, line in OF_POSTGRES]),
        (SERVER_SIGNS, [line for _, _, line in OF_SERVERS]),
        (EXCEPTION_SIGNS, [line for _, line in OF_EXCEPTIONS]),
    ],
    ids=["nginx", "postgresql", "servers", "exceptions"],
)
def test_every_row_of_a_table_has_a_line_that_it_is_first_for(signs: tuple[Sign, ...], lines: list[str]) -> None:
    first = [next((sign for sign in signs if sign.is_in(line)), None) for line in lines]
    assert [sign.code for sign in signs if sign not in first] == []


def test_what_is_not_told_apart_keeps_its_words(plan: PlanFacts, result: LoadResult) -> None:
    log = piece("proxy", *(f"2026/03/04 05:06:07 [error] 8#8: *{number} odd {number}, client: x" for number in (1, 2)))

    [error] = explained(plan, result, log)

    assert error.sentence == "nginx, 2 times: odd 1."
    assert (error.code, error.cause, error.log, error.line) == ("proxy-error", None, "proxy.log", 101)
