"""The daemon, nginx and the clients of the soak, started, watched and ended. None of them outlives the run."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

import psutil
from soak_accounts import Accounts, Fault, Kill, Outcome
from soak_flatness import Sample

from rush_hour.rig.parts.nginx import find_nginx
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.ports import Ports
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.parts.waiting import wait_until

HERE = Path(__file__).parent
READY_S = 60.0
WORKERS = 2
DRAIN_S, GRACEFUL_S = 3.0, 10.0
NGINX = """\
daemon off;
{user}worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_max_body_size 8m;
    client_body_temp_path {directory}/client_body;
    proxy_temp_path {directory}/proxy;
    keepalive_requests 1000000;
    upstream api_hour {{
        server unix:{directory}/api_hour.sock;
        keepalive 64;
        keepalive_timeout 2s;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://api_hour;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
        }}
    }}
}}
"""
COMPLAINTS = re.compile(r" (ERROR|CRITICAL) |was destroyed but it is pending|never retrieved|never awaited")
OF_ONE_LINE = re.compile(r"^[\d-]+ [\d:,]+ \[\d+\] | at 0x[0-9a-f]+")
SERVES, RETIRES = re.compile(r"worker (\d+) serves, pid (\d+)"), re.compile(r"worker (\d+) retires")


class Daemon:
    """The daemon that runs.

    Args:
        part: what runs it.
        port: of its ASGI applications.
    """

    def __init__(self, part: Part, port: int) -> None:
        self.part = part
        self._port = port

    @property
    def supervisor(self) -> psutil.Process:
        """The daemon's first process."""
        return psutil.Process(self.part.process_ids()[0])

    def log(self) -> str:
        """Return all that it has said."""
        return self.part.log_path.read_text(errors="replace")

    def serving(self) -> list[int]:
        """Return the workers that serve, the oldest first, and are not to end."""
        log = self.log()
        retired = {match[1] for match in RETIRES.finditer(log)}
        alive = {child.pid for child in self.supervisor.children()}
        served = [(match[1], int(match[2])) for match in SERVES.finditer(log)]
        return [pid for number, pid in served if number not in retired and pid in alive]

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.part.exit_code is None

    def ready(self) -> str | None:
        """Tell what is missing."""
        if not self.part.process_ids():
            return "it has not started"
        return None if len(self.serving()) >= WORKERS else "not all workers serve"

    def reload(self) -> None:
        """Have it replace its workers."""
        self.supervisor.send_signal(signal.SIGHUP)

    def kill_worker(self) -> Kill | None:
        """Kill the oldest worker that serves, of which no reload waits; None when there is none."""
        with suppress(IndexError, psutil.NoSuchProcess):
            pid = self.serving()[0]
            at_s = time.monotonic()
            psutil.Process(pid).kill()
            return Kill(pid=pid, at_s=at_s)
        return None

    def sample(self, begun_at_s: float) -> list[Sample]:
        """Look at all processes."""
        found = []
        supervisor = self.supervisor
        for process in [supervisor, *supervisor.children()]:
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                sample = Sample(
                    at_s=time.monotonic() - begun_at_s,
                    age_s=time.time() - process.create_time(),
                    is_supervisor=process.pid == supervisor.pid,
                    pss_bytes=process.memory_full_info().pss,
                    descriptors=process.num_fds(),
                )
                found.append(sample)
        return found

    def leftovers(self) -> list[str]:
        """Return what should have ended by now: workers that retire, and streams whose clients are gone."""
        number = len(self.supervisor.children())
        found = {f"{number} workers are left, {WORKERS} expected"} if number != WORKERS else set()
        for _ in range(10 * WORKERS):  # each on a connection of its own, which any worker may take
            with urlopen(f"http://127.0.0.1:{self._port}/held", timeout=READY_S) as answer:
                held: dict[str, Any] = json.load(answer)
            if held["streams"]:
                found.add(f"worker {held['worker']} still holds {held['streams']} streams")
        return sorted(found)

    def complaints(self, killed_pid: int | None) -> list[str]:
        """Return what its log should not say, with counts; what is said of a killed worker may be."""
        lines = [line for line in self.log().splitlines() if COMPLAINTS.search(line)]
        counts = Counter(OF_ONE_LINE.sub("", line) for line in lines if f"pid {killed_pid}" not in line)
        return [f"{number} in the log: {line}" for line, number in counts.most_common()]

    def stop(self) -> str | None:
        """Ask it to end, and return what is wrong with how it did."""
        if not self.is_running:
            return f"the daemon ended by itself, with {self.part.exit_code}"
        begun_at_s = time.monotonic()
        self.supervisor.terminate()
        code = self.part.wait()
        took_s = time.monotonic() - begun_at_s
        if code == 0 and took_s < GRACEFUL_S:
            return None
        return f"the daemon ended with {code} after {took_s:.1f} s; expected 0, and less than {GRACEFUL_S:g} s"


@contextmanager
def running(max_requests: int, log_path: Path) -> Iterator[tuple[Daemon, dict[str, int]]]:
    """Start the daemon and nginx, and give the daemon and the ports by front."""
    nginx_log_path = log_path.with_suffix(".nginx")
    for path in (log_path, nginx_log_path):  # they are appended to, and what a former run has said is none of this one
        path.unlink(missing_ok=True)
    with RunDirectory() as run_directory, Ports() as ports:
        front_ports = {front: ports.take(0) for front in ("asgi", "native", "nginx")}
        socket_path = run_directory.path / "api_hour.sock"
        command = [
            "api_hour", f"--workers={WORKERS}", f"--bind=127.0.0.1:{front_ports['asgi']}", f"--bind=unix:{socket_path}",
            f"--bind=127.0.0.1:{front_ports['native']}", f"--max-requests={max_requests}",
            f"--max-requests-jitter={max_requests // 2}", f"--drain-timeout={DRAIN_S}",
            f"--graceful-timeout={GRACEFUL_S}", "--max-body=8M", "soak_service:Container",
        ]  # fmt: skip
        environment = {**base_environment(), "PYTHONPATH": str(HERE), "PYTHONUNBUFFERED": "1"}
        configuration_path = run_directory.path / "nginx.conf"
        user = "user root;\n" if psutil.Process().uids().effective == 0 else ""
        configuration_path.write_text(NGINX.format(user=user, directory=run_directory.path, port=front_ports["nginx"]))
        with (
            Part(command, run_directory, log_path=log_path, environment=environment, directory=HERE) as part,
            Part(
                [str(find_nginx(None)), "-c", str(configuration_path), "-p", str(run_directory.path)],
                run_directory,
                log_path=nginx_log_path,
                environment=environment,
                directory=run_directory.path,
            ) as nginx,
        ):
            daemon = Daemon(part, front_ports["asgi"])
            wait_until(daemon.ready, part, nginx, what="the daemon", timeout_s=READY_S)
            yield daemon, front_ports


class Users:
    """The process of the clients: what it says goes into accounts. A context manager, which ends it.

    Attributes:
        accounts: all that it has said.
        is_over: whether it has done all.
    """

    def __init__(self, **options: Any) -> None:
        self.accounts = Accounts()
        self.is_over = False
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "soak_users.py"), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the one who started it
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if "fault" in said:
                self.accounts.faults.append(Fault(**{**said["fault"], "outcome": Outcome(said["fault"]["outcome"])}))
            else:
                for what, outcome, number in said["counts"]:
                    self.accounts.counts[what, Outcome(outcome)] = number
            self.is_over = self.is_over or said.get("is_over", False)

    @property
    def has_ended(self) -> bool:
        """Whether it does no more."""
        return self._process.poll() is not None

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, if it has not ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()
