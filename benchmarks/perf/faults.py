"""Faults that API-Hour stands: slow clients, a database that goes away, and many connections at once over its workers.

slowness        1,000 clients that send a byte a second: the p99 of the others, and when they are cut
database        PostgreSQL stopped for 5 s under load and started again: what is answered, and when all is well again
balance         400 connections over 4 workers: how many the fullest and the emptiest have
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil
import psycopg
from daemons import (
    ANSWER,
    CONNECTIONS,
    OURS,
    RATE_PER_S,
    RUSH_HOUR,
    SETTLE_S,
    Running,
    every_second,
    lost_under_load,
    running,
)
from slow_clients import slow_clients

from rush_hour.load.limits import raise_open_file_limit
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.ports import Ports
from rush_hour.rig.parts.postgres import fresh_database, make_cluster, running_cluster
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.parts.waiting import wait_until

BENCHMARKS = Path(__file__).parents[1]
SLOW_CLIENTS = 1000
OUTAGE_S, LOAD_S = 5, 16
ENDURANCE_S, ENDURANCE_RATE_PER_S = 48, 4000  # 200,000 requests, with the 2 s around
ROUNDS, CLIENTS, BALANCED_WORKERS = 10, 400, 4


def main() -> None:
    """Print a line for each trial."""
    raise_open_file_limit(2 * SLOW_CLIENTS)
    for trial in (balance, database, slowness, endurance):
        print(f"{trial.__name__}...", file=sys.stderr, flush=True)
        print(trial(), flush=True)


def balance() -> str:
    """Open many connections at once, again and again, and count which worker answers each."""
    lines = []
    with TemporaryDirectory() as directory:
        path = f"{directory}/socket"
        command = f"api_hour -w {BALANCED_WORKERS} -b 127.0.0.1:{{port}} -b unix:{path} app:Container"
        with running(replace(OURS, command=command)) as it:
            port = int(it.url.rstrip("/").rpartition(":")[2])
            wait_until(
                lambda: None if len(_spread(("127.0.0.1", port), 100)) == BALANCED_WORKERS else "not all workers serve",
                it.part, what="api-hour", timeout_s=15.0,
            )  # fmt: skip
            for name, address in (("TCP", ("127.0.0.1", port)), ("unix", path)):
                ratios = [max(counts) / min(counts) for counts in (_spread(address, CLIENTS) for _ in range(ROUNDS))]
                lines.append(
                    f"balance, {name}: {CLIENTS} connections over {BALANCED_WORKERS} workers, {ROUNDS} times: "
                    f"most/least {median(ratios):.2f} (median), {max(ratios):.2f} (worst)"
                )
    return "\n".join(lines)


def database() -> str:
    """Stop PostgreSQL under load, and start it again."""
    with RunDirectory() as run_directory, Ports() as ports, ExitStack() as stack:
        logs = Path(stack.enter_context(TemporaryDirectory()))
        log_path = logs / "postgres.log"
        cluster = make_cluster(run_directory, log_path)
        server = stack.enter_context(running_cluster(cluster, run_directory, log_path))
        url = stack.enter_context(fresh_database(cluster.url, [BENCHMARKS / "sql" / "schema.sql"], drop=False))
        port = ports.take(8008)
        daemon = stack.enter_context(
            Part(
                ["api_hour", "-ac", "-w2", "-b", f"127.0.0.1:{port}", "benchmarks:Container"],
                run_directory,
                log_path=logs / "api_hour.log",
                environment=base_environment() | {"DATABASE_URL": url},
                directory=BENCHMARKS / "api_hour",
            )
        )
        agents = f"http://127.0.0.1:{port}/agents"
        wait_until(lambda: None if _answers(port) else "no answer", daemon, what="api-hour", timeout_s=15.0)
        pids = set(daemon.process_ids())
        result_path = logs / "result.json"
        options = f"-t1 -c100 -R500 -d{LOAD_S}s --timeout 5s --expect-status 200 --json {result_path}"
        with subprocess.Popen(
            [RUSH_HOUR, "load", *options.split(), agents], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as load:
            time.sleep(4.0)
            server.stop()
            time.sleep(OUTAGE_S)
            with running_cluster(cluster, run_directory, log_path):
                back_at_s = time.monotonic()
                load.wait()
                end_at_s = time.monotonic()
                connections = _connections(cluster.url, url)
        result = json.loads(result_path.read_text())["result"]
        bad_until_s = max(row["at_s"] for row in result["timeline"] if row["bad"] or row["failed"])
        recovered_s = bad_until_s - (LOAD_S - (end_at_s - back_at_s))
        is_same = "none was" if set(daemon.process_ids()) == pids else "SOME WERE"
        return (
            f"database: away for {OUTAGE_S} s at 500/s: {result['responses_by_status']}, errors {result['errors']}; "
            f"the last second with a bad answer ended {recovered_s:.1f} s after it was back; "
            f"workers: {is_same} restarted; {connections} connections at the end"
        )


def slowness() -> str:
    """Compare the p99 of normal clients without and with slow ones beside them, and see when those are cut."""
    lines = []
    with running(OURS) as it:
        address = ("127.0.0.1", int(it.url.rstrip("/").rpartition(":")[2]))
        for how, at_once in (("spread over the second", False), ("all in the same instant", True)):
            alone = median(_p99_us(it) for _ in range(3))
            with slow_clients(address, SLOW_CLIENTS, at_once=at_once) as clients:
                beside = median(_p99_us(it) for _ in range(7))
            cuts = ", ".join(
                f"{len(after_s):,} in their {where} after {min(after_s):.0f} to {max(after_s):.0f} s"
                for where, after_s in (("heads", clients.cut_after_s[True]), ("bodies", clients.cut_after_s[False]))
            )
            lines.append(
                f"slow clients, {SLOW_CLIENTS:,}, {how}: p99 of the others {alone:,.0f} µs alone, {beside:,.0f} µs "
                f"beside them ({beside / alone:.2f}); cut: {cuts}"
            )
    return "\n".join(lines)


def endurance() -> str:
    """Send many requests while workers come and go, and look at the supervisor before and after."""
    command = f"{OURS.command} --max-requests 5000 --max-requests-jitter 2000 --drain-timeout 1"
    with running(replace(OURS, command=command)) as it:
        supervisor = psutil.Process(it.main_pid)

        def reload_often() -> None:
            every_second(ENDURANCE_S, lambda: os.kill(supervisor.pid, signal.SIGHUP))

        def size() -> tuple[int, float]:
            time.sleep(SETTLE_S)
            return supervisor.num_fds(), supervisor.memory_info().rss / 1e6

        reload_once = lost_under_load(it, 2, lambda: os.kill(supervisor.pid, signal.SIGHUP))
        before, lost = size(), lost_under_load(it, ENDURANCE_S + 2, reload_often, rate_per_s=ENDURANCE_RATE_PER_S)
        after = size()
        workers = it.module.with_name("log").read_text().count(" serves, pid ")
        return (
            f"endurance: lost {reload_once}, then {lost}, while {workers} workers came and went; the supervisor had "
            f"{before[0]} descriptors and {before[1]:.1f} MB, then {after[0]} and {after[1]:.1f} MB"
        )


def _p99_us(it: Running) -> float:
    with TemporaryDirectory() as directory:
        path = Path(directory, "result.json")
        options = f"-t1 -c{CONNECTIONS} -R{RATE_PER_S} -d5s --expect-status 200 --expect-body any --json {path}"
        subprocess.run([RUSH_HOUR, "load", *options.split(), it.url], capture_output=True, check=False)
        return float(json.loads(path.read_text())["result"]["latency_us"]["p99"])


def _spread(address: tuple[str, int] | str, clients: int) -> list[int]:
    """Open connections at once, ask one thing on each while all are open, and return how many each worker has."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with ExitStack() as stack:
        opened = [stack.enter_context(socket.socket(family)) for _ in range(clients)]
        for client in opened:
            client.connect(address)
        counts: Counter[bytes] = Counter()
        for client in opened:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            match = ANSWER.search(client.recv(65536).partition(b"\r\n\r\n")[2])
            assert match is not None, "a whole answer came"
            counts[match[2]] += 1
    return list(counts.values())


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
        return True
    return False


def _connections(maintenance_url: str, url: str) -> int:
    name = url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(maintenance_url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (name,)).fetchone()
    assert row is not None, "a count is one row"
    return int(row[0])


if __name__ == "__main__":
    os.chdir(BENCHMARKS)
    main()
