"""Faults that are provoked in real parts, and explained with their true cause. No test asserts a time."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from load_runs import request_of
from msgspec import structs
from rig.deadlines import TIMEOUT_S, wait_for

from rush_hour.core.arrivals import Constant
from rush_hour.core.expectation import Expectation
from rush_hour.core.schedule import Schedule
from rush_hour.judge.explain.settings import program_of
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.run import Observer
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import OneRequest, build_request
from rush_hour.load.workload.specs import RequestSpec, WorkloadSpec
from rush_hour.results.evidence import ExplainedError
from rush_hour.results.file import read_document
from rush_hour.results.run import Run
from rush_hour.rig.parts import postgres
from rush_hour.rig.parts.control_group import memory_group_of
from rush_hour.rig.parts.nginx import find_nginx
from rush_hour.rig.parts.part import base_environment
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.shared import Rig
from rush_hour.rig.suite.system_spec import Front, SystemSpec
from rush_hour.rig.system import RunningSystem, running_system
from rush_hour.rig.watch import memory_kills
from rush_hour.rig.watch.log_files import read_part_log
from rush_hour.rig.watch.measure import SystemDied, measure

APPLICATION = Path(__file__).parents[1] / "faulty_application.py"
FEW_PORTS = Path(__file__).with_name("few_ports.py")
LIMIT_BYTES = 100_000_000
GOOD = Expectation(statuses=frozenset({200}), body=b"hello")
GUNICORN = "gunicorn --workers {workers} --backlog {backlog} --no-control-socket faulty_application:application"
UWSGI = "uwsgi --master --need-app --processes {workers} --wsgi faulty_application:application --die-on-term"
UVICORN = "uvicorn --interface wsgi --workers 2 --uds {socket} faulty_application:application"
API_HOUR = "api_hour -w {workers} --backlog {backlog} faulty_application:application"

pytestmark = pytest.mark.timeout(6 * TIMEOUT_S)


@pytest.fixture
def run_directory() -> Iterator[RunDirectory]:
    """The private directory of a run."""
    with RunDirectory() as directory:
        yield directory


@pytest.fixture
def rig(run_directory: RunDirectory, tmp_path: Path) -> Rig:
    """What the systems of a test share: one worker, and the application's directory."""
    shutil.copy(APPLICATION, tmp_path)
    (tmp_path / "logs").mkdir()
    return Rig(
        run_directory=run_directory,
        suite_directory=tmp_path,
        logs=tmp_path / "logs",
        workers=1,
        threads=1,
        backlog=128,
        nginx=find_nginx(None),
        database_url=None,
    )


@pytest.fixture
def system(free_port: int) -> SystemSpec:
    """The application in one worker of Gunicorn, on a port."""
    return SystemSpec(
        name="faulty",
        title="Faulty",
        command=f"{GUNICORN} --bind 127.0.0.1:{{port}}",
        port=free_port,
        grace="2s",
        ready_timeout=f"{TIMEOUT_S:g}s",
    )


@pytest.fixture
def fronted(system: SystemSpec) -> SystemSpec:
    """The same behind nginx."""
    front = Front(protocol="http", port=system.port)
    return structs.replace(system, command=f"{GUNICORN} --bind unix:{{socket}}", front=front)


def behind(spec: SystemSpec, command: str | None = None, protocol: str = "http", **options: str) -> SystemSpec:
    """Return a system with other options of its front, and another command if one is given."""
    assert spec.front is not None
    front = Front(protocol=protocol, port=spec.front.port, options=dict(options))  # type: ignore[arg-type]
    return structs.replace(spec, command=command or spec.command, front=front)


def started(spec: SystemSpec, rig: Rig) -> AbstractContextManager[RunningSystem]:
    """Start a system, if its server is installed, and stop it afterwards."""
    program = program_of(spec.command.split())
    if not shutil.which(program, path=base_environment()["PATH"]):
        pytest.skip(f"{program} is not installed")
    return running_system(spec, WorkloadSpec(requests=[RequestSpec(path="/")]), rig)


def plan_for(
    running: RunningSystem,
    path: str,
    *,
    rate_per_s: float = 50.0,
    duration_s: float = 0.8,
    connections: int = 8,
    body: bytes = b"",
    timeout_s: float = 8.0,
    connection_per_request: bool = False,
) -> LoadPlan:
    """Return a plan that asks for a path, with POST where there is a body."""
    url = parse_url(running.url)._replace(path=path)
    request = build_request(url, method="POST" if body else "GET", body=body, expectation=GOOD)
    return LoadPlan(
        url=url.geturl(),
        destination=destination_of(url),
        requests=OneRequest(request),
        schedule=Schedule(arrivals=Constant(rate_per_s=rate_per_s), duration_s=duration_s, connections=connections),
        processes=1,
        timeout_s=timeout_s,
        connection_per_request=connection_per_request,
    )


def run_of(spec: SystemSpec, rig: Rig, path: str, **changes: Any) -> Run:
    """Start a system, load one of its paths, stop it, and return the run."""
    with started(spec, rig) as running:
        return measure(plan_for(running, path, **changes), running.parts())


def lost(run: Run) -> int:
    """Return how many requests were answered badly or failed."""
    return run.result.responses_bad + run.result.requests_failed


def by_code(run: Run) -> dict[str, ExplainedError]:
    """Return what explains a run; each bad answer and failure is in it once."""
    explained = {error.code: error for error in run.explained_errors}
    assert len(explained) == len(run.explained_errors), run.explained_errors
    assert sum(error.requests or 0 for error in run.explained_errors) == lost(run), (run.explained_errors, run.result)
    return explained


def line_of(error: ExplainedError, rig: Rig) -> str:
    """Return the line of the log that an entry points at."""
    assert error.log is not None
    assert error.line is not None
    log = read_part_log(error.role, rig.logs / error.log, {error.line})
    return next(line.text for line in log.lines if line.number == error.line)


def test_worker_connections_of_the_proxy_that_are_too_few(fronted: SystemSpec, rig: Rig) -> None:
    spec = behind(fronted, worker_connections="12", worker_processes="1")

    run = run_of(spec, rig, "/", connections=30, duration_s=2.2)  # nginx says so once a second

    error = by_code(run)["proxy-connections"]
    assert (error.role, error.cause, error.program) == ("proxy", "proxy", "nginx")
    assert "worker_connections" in error.advice
    assert error.requests == lost(run) > 0
    assert "12 worker_connections are not enough" in line_of(error, rig)


def test_a_backlog_that_is_full_behind_a_proxy(fronted: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(fronted, command=fronted.command.replace("{backlog}", "2"), env={"WAIT_S": "0.2"})

    run = run_of(spec, rig, "/wait", connections=30)

    error = by_code(run)["backlog-full"]
    assert (error.role, error.cause, error.program) == ("proxy", "server", "nginx")
    assert error.advice.startswith("Raise gunicorn's --backlog, ")
    assert error.requests == error.count == run.result.responses_bad_by_status["502"] > 0
    assert "(11: Resource temporarily unavailable) while connecting to upstream" in line_of(error, rig)


def test_a_backlog_that_is_full_without_a_proxy(system: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(system, command=system.command.replace("{backlog}", "1"), env={"WAIT_S": "0.5"})

    run = run_of(spec, rig, "/wait", connections=30, connection_per_request=True, timeout_s=0.7, duration_s=1.0)

    error = by_code(run)["backlog-full"]
    assert (error.role, error.cause, error.program) == ("server", "server", "kernel")
    assert error.sign.startswith("ListenOverflows at 127.0.0.1:")
    assert error.sign.endswith(", backlog 1")
    assert error.requests is not None
    assert error.requests >= run.result.errors["connect:ETIMEDOUT"] > 0


def test_a_server_that_does_not_answer_the_proxy_in_time(fronted: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(behind(fronted, proxy_read_timeout="300ms"), env={"WAIT_S": "0.6"})

    run = run_of(spec, rig, "/wait", rate_per_s=10, timeout_s=4.0)

    error = by_code(run)["upstream-timeout"]
    assert (error.role, error.cause) == ("proxy", "server")
    assert "proxy_read_timeout" in error.advice
    assert error.requests == error.count == run.result.responses_bad_by_status["504"] > 0
    assert "upstream timed out" in line_of(error, rig)


def test_a_body_limit_of_the_proxy_that_is_too_small(fronted: SystemSpec, rig: Rig) -> None:
    spec = behind(fronted, client_max_body_size="1k")

    run = run_of(spec, rig, "/", body=b"x" * 2000)

    [error] = run.explained_errors
    assert (error.code, error.role, error.cause) == ("body-too-large", "proxy", "proxy")
    assert error.advice == "Raise nginx's client_max_body_size."
    assert error.requests == error.count == run.result.responses_bad_by_status["413"] == run.result.responses_total > 0
    assert "client intended to send too large body: 2000 bytes" in line_of(error, rig)


@pytest.mark.parametrize(
    ("program", "command", "sign"),
    [
        ("gunicorn", f"{GUNICORN} --bind unix:{{socket}}", "was sent SIGSEGV!"),
        ("uwsgi", f"{UWSGI} --socket {{socket}}", "DAMN ! worker died"),
        ("api_hour", f"{API_HOUR} -b unix:{{socket}}", "ended by signal"),
        ("uvicorn", UVICORN, "Child process died"),
    ],
)
def test_a_worker_that_crashes(fronted: SystemSpec, rig: Rig, program: str, command: str, sign: str) -> None:
    spec = behind(fronted, command, "uwsgi" if program == "uwsgi" else "http")

    run = run_of(spec, rig, "/crash")

    error = by_code(run)["worker-crashed"]
    assert (error.role, error.cause, error.program, error.sign) == ("server", "server", program, sign)
    assert error.requests == lost(run)  # none where nginx could ask again on another connection
    assert error.count > 0
    assert sign.rpartition(" ")[2] in line_of(error, rig)


def test_a_worker_that_ends_by_itself(system: SystemSpec, rig: Rig) -> None:
    run = run_of(system, rig, "/leave", connection_per_request=True)

    error = by_code(run)["worker-crashed"]
    assert (error.role, error.cause, error.sign) == ("server", "server", "exited with code")
    assert error.requests == lost(run) >= error.count > 0
    assert "exited with code 7." in line_of(error, rig)


def memory_group() -> Iterator[Path]:
    """A control group that may have 100 MB, of whichever version there is."""
    own = memory_group_of("self")
    if own is None:
        pytest.skip("no control group counts memory here")
    above = own if (own / "memory.oom_control").exists() else own.parent
    group = above / f"rush-hour-test-{os.getpid()}"
    limit = "memory.limit_in_bytes" if (own / "memory.oom_control").exists() else "memory.max"
    try:
        group.mkdir()
        (group / limit).write_text(str(LIMIT_BYTES))
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error.strerror}")
    try:
        yield group
    finally:
        wait_for(lambda: not (group / "cgroup.procs").read_text(), "the end of its processes")
        group.rmdir()


limited_memory = pytest.fixture(memory_group)


@pytest.mark.parametrize("is_log_readable", [True, False])
def test_a_worker_that_the_kernel_kills_for_want_of_memory(
    fronted: SystemSpec, rig: Rig, limited_memory: Path, monkeypatch: pytest.MonkeyPatch, is_log_readable: bool
) -> None:
    if not is_log_readable:
        monkeypatch.setattr(memory_kills, "KERNEL_LOG", Path("/dev/none"))
    elif not os.access(memory_kills.KERNEL_LOG, os.R_OK):
        pytest.skip("the kernel's log may not be read here")
    command = f"sh -c 'echo $$ > {limited_memory}/cgroup.procs && exec {fronted.command}'"

    run = run_of(structs.replace(fronted, command=command), rig, "/eat")

    error = by_code(run)["out-of-memory"]
    assert (error.role, error.cause, error.program) == ("server", "server", "kernel")
    assert ("Killed process" if is_log_readable else "oom_kill") in error.sign
    assert "gunicorn's --max-requests" in error.advice
    assert error.requests == lost(run) > 0
    assert "was sent SIGKILL! Perhaps out of memory?" in line_of(error, rig)
    assert not by_code(run).keys() & {"worker-killed", "worker-crashed", "unexplained"}


def test_a_server_of_one_process_that_the_kernel_kills(system: SystemSpec, rig: Rig, limited_memory: Path) -> None:
    if not os.access(memory_kills.KERNEL_LOG, os.R_OK):
        pytest.skip("the kernel's log may not be read here")
    serve = "uvicorn --interface wsgi --port {port} faulty_application:application"
    command = f"sh -c 'echo $$ > {limited_memory}/cgroup.procs && exec {serve}'"

    with pytest.raises(SystemDied) as caught:
        run_of(structs.replace(system, command=command), rig, "/eat", rate_per_s=100, duration_s=TIMEOUT_S)

    assert str(caught.value).startswith(
        "the server ended with exit code 137 under load: the kernel killed it for want of memory.\n"
    )


def test_a_worker_that_somebody_kills(fronted: SystemSpec, rig: Rig) -> None:
    """Nobody blames its memory, whatever Gunicorn supposes."""
    spec = structs.replace(fronted, env={"WAIT_S": "0.05"})
    with started(spec, rig) as running:
        master, worker = sorted(running.server.process_ids())
        observer = Observer(on_second=lambda row: os.kill(worker, signal.SIGKILL) if row.at_s < 1.5 else None)
        run = measure(plan_for(running, "/wait", duration_s=1.8, rate_per_s=15), running.parts(), observer)

    error = by_code(run)["worker-killed"]
    assert (error.role, error.cause, error.count) == ("server", "server", 1)
    if (Path("/proc/vmstat").read_text()).count("oom_kill "):
        assert error.what.endswith("; the kernel did not do it for want of memory")
    assert error.requests == lost(run)
    assert f"(pid:{worker}) was sent SIGKILL!" in line_of(error, rig)
    assert master != worker


def test_a_worker_that_answers_for_longer_than_its_server_allows(fronted: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(fronted, command=f"{fronted.command} --timeout 1", env={"WAIT_S": "60"})

    run = run_of(spec, rig, "/wait", rate_per_s=5, duration_s=1.0, connections=2)

    explained = by_code(run)
    error = explained["worker-timeout"]
    assert (error.role, error.cause) == ("server", "server")
    assert "gunicorn's --timeout" in error.advice
    assert error.requests == lost(run) > 0
    assert "WORKER TIMEOUT (pid:" in line_of(error, rig)
    assert explained.keys() == {"worker-timeout", "worker-left"}
    assert "Traceback" in line_of(explained["worker-left"], rig)


def test_a_database_that_has_no_connection_left(
    system: SystemSpec, rig: Rig, run_directory: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.SETTINGS, "max_connections", "5")
    monkeypatch.setitem(postgres.SETTINGS, "superuser_reserved_connections", "0")
    command = f"{system.command} --threads 16"

    with (
        postgres.private_server(run_directory, rig.logs / "postgres.log") as (url, database),
        started(structs.replace(system, command=command), replace(rig, database_url=url)) as running,
    ):
        plan = plan_for(running, "/connect", connections=16, rate_per_s=40)
        run = measure(plan, running.parts() | {"database": database})

    assert {error.cause for error in run.explained_errors} == {"database"}
    errors = {error.role: error for error in run.explained_errors if error.code == "database-full"}
    of_database, of_server = errors["database"], errors["server"]
    assert of_database.requests == of_database.count > 0
    assert of_database.count <= run.result.responses_bad_by_status["500"] == lost(run)
    assert (of_server.cause, of_server.requests, of_server.count) == ("database", None, of_database.count)
    assert "max_connections" in of_database.advice
    assert "sorry, too many clients already" in line_of(of_database, rig)
    assert "Traceback" in line_of(of_server, rig)


def test_an_application_that_raises(fronted: SystemSpec, rig: Rig) -> None:
    run = run_of(fronted, rig, "/fail")

    [error] = run.explained_errors
    assert (error.code, error.role, error.cause) == ("application-error", "server", "server")
    assert (error.what, error.sign) == ("the application raised an exception", "LookupError: no such agent")
    assert error.requests == error.count == run.result.responses_bad_by_status["500"] == run.result.responses_total > 0
    assert line_of(error, rig).startswith("Traceback")


def test_a_generator_that_is_short_of_ports(tmp_path: Path) -> None:
    unshare = ["unshare", "--net"]
    if not shutil.which("unshare") or subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no network namespace can be made here")
    load = "rush-hour load http://127.0.0.1:{port}/ -R 50 -c 10 -t 1 -d 1s --connection-per-request --json out.json"
    command = [*unshare, sys.executable, str(FEW_PORTS), *load.split()]

    environment = base_environment()
    subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, timeout=TIMEOUT_S)

    run = read_document(tmp_path / "out.json").systems[0].run
    assert run is not None
    [error] = run.explained_errors
    assert (error.code, error.role, error.cause) == ("generator-ports", "generator", "generator")
    assert error.sign == "EADDRNOTAVAIL"
    assert "net.ipv4.ip_local_port_range" in error.advice
    assert error.requests == run.result.errors["generator:EADDRNOTAVAIL"] == lost(run) > 0


def test_an_application_that_raises_in_a_server_that_sends_nothing_then(fronted: SystemSpec, rig: Rig) -> None:
    """uWSGI: nginx has an empty answer, and the server's traceback says why."""
    run = run_of(behind(fronted, f"{UWSGI} --socket {{socket}}", "uwsgi"), rig, "/fail")

    explained = by_code(run)
    error, seen = explained["application-error"], explained["upstream-closed"]
    assert (error.role, error.program, error.sign) == ("server", "uwsgi", "LookupError: no such agent")
    assert error.requests == error.count == run.result.responses_bad_by_status["502"] == lost(run) > 0
    assert (seen.role, seen.requests, seen.count) == ("proxy", None, error.count)


def test_what_nobody_explains_is_said_to_be_that(system: SystemSpec, rig: Rig) -> None:
    with started(system, rig) as running:
        plan = plan_for(running, "/")
        other = OneRequest(replace(request_of(plan), expectation=replace(GOOD, body=b"other")))
        run = measure(replace(plan, requests=other), running.parts())

    [error] = run.explained_errors
    count = run.result.responses_total
    assert (error.code, error.role, error.cause, error.requests) == ("unexplained", "generator", None, count)
    assert error.what == (
        f"no log and no counter says why: {count} with status 200; the first bad answer had a body that differs from "
        "byte 0 on (5 bytes, expected 5): b'hello', expected b'other', and began with 'hello'"
    )


@pytest.mark.parametrize(
    ("protocol", "command"),
    [
        ("http", f"{GUNICORN} --bind unix:{{socket}}"),
        ("uwsgi", f"{UWSGI} --socket {{socket}}"),
        ("http", f"{API_HOUR} -b unix:{{socket}}"),
    ],
)
def test_a_run_without_faults_explains_nothing(fronted: SystemSpec, rig: Rig, protocol: str, command: str) -> None:
    """What was wrong before the load, and is when it is stopped, is not of the run."""
    spec = behind(fronted, command, protocol)

    with started(spec, rig) as running:
        for part in running.parts().values():
            with part.log_path.open("a") as log:
                log.write("2026/03/04 05:06:07 [error] 8#8: *1 connect() failed (111: Connection refused), client: x\n")
                log.write("[2026-03-04 05:06:07 +0000] [8] [CRITICAL] WORKER TIMEOUT (pid:9)\n")
        run = measure(plan_for(running, "/", duration_s=0.4), running.parts())

    assert run.result.responses_good == run.result.responses_total > 0
    assert run.explained_errors == []
