"""One system of a suite, started with its real parts and asked until it answers rightly."""

import hashlib
import shlex
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from msgspec.structs import replace

from rush_hour.core.expectation import Expectation
from rush_hour.credentials import masked_command
from rush_hour.errors import StartError
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import Answer, ask_once, describe
from rush_hour.load.transport.address import Address
from rush_hour.load.workload.request import Request, build_request
from rush_hour.results.resources import ExplainedError, Role
from rush_hour.rig import nginx
from rush_hour.rig.part import Part, base_environment
from rush_hour.rig.ports import HOST, Ports
from rush_hour.rig.run_directory import RunDirectory
from rush_hour.rig.suite import Front, Probe, Requirement, SystemSpec, fill_in, placeholders_of
from rush_hour.rig.waiting import POLL_S, wait_until
from rush_hour.units import parse_duration_s

REQUIREMENT_TIMEOUT_S = 60.0


class Unavailable(StartError):
    """The system cannot run on this machine; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """Surroundings that all systems of a bench share.

    Attributes:
        suite_directory: paths of the suite are relative to it.
        logs: directory for the logs of all parts.
        workers: the `{workers}` of each system.
        nginx: the program.
        database_url: what the systems get as DATABASE_URL; None for a suite without a database.
    """

    run_directory: RunDirectory
    suite_directory: Path
    logs: Path
    workers: int
    backlog: int
    nginx: Path | None
    database_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSystem:
    """A system that answers.

    Attributes:
        url: what to put the load on.
        server: the system itself.
        proxy: nginx before it; None without.
        answer: its good answer.
        notes: what differs from the suite.
        explained_errors: what its parts said went wrong; known when it has been stopped.
        command_line: as it was started, secrets masked.
        is_pinned: whether the suite, or a system before this one, says which body is good.
    """

    url: str
    address: Address
    server: Part
    proxy: Part | None
    answer: Answer
    notes: list[str]
    explained_errors: list[ExplainedError]
    command_line: str
    is_pinned: bool

    @property
    def request(self) -> Request:
        """The request of the load, with the answer that is expected every time."""
        good = Expectation(statuses=frozenset({self.answer.status}), body=self.answer.body, is_guess=not self.is_pinned)
        return build_request(parse_url(self.url), expectation=good)

    def parts(self) -> dict[Role, Part]:
        """Return the parts by their role."""
        return {"server": self.server, **({} if self.proxy is None else {"proxy": self.proxy})}


def pin(probe: Probe, answer: Answer) -> Probe:
    """Return a probe that expects the body of this answer."""
    return replace(probe, sha256=_digest(answer))


@contextmanager
def running_system(spec: SystemSpec, probe: Probe, rig: Rig) -> Iterator[RunningSystem]:
    """Start a system, and nginx before it if it has a front, and stop them afterwards.

    Args:
        spec: the system.
        probe: what it must answer before it counts as running.
        rig: what all systems share.

    Raises:
        Unavailable: it cannot run on this machine.
        StartError: it did not come up, or does not answer rightly.
    """
    environment = base_environment()
    _check_requirements(spec, environment, rig)
    timeout_s = parse_duration_s(spec.ready_timeout, what="ready_timeout")
    socket_path = rig.run_directory.path / f"{spec.name}.sock"
    notes: list[str] = []
    with ExitStack() as stack:
        ports = stack.enter_context(Ports())
        port = _take_port(ports, spec.port, notes) if "port" in placeholders_of(spec) else spec.port
        server = stack.enter_context(_server(spec, port, socket_path, environment, rig))
        proxy = None
        if spec.front is not None:
            wait_until(lambda: _try_socket(socket_path), server, what=spec.name, timeout_s=timeout_s)
            port = _take_port(ports, spec.front.port, notes)
            proxy = stack.enter_context(_proxy(spec.name, spec.front, port, socket_path, rig))
        url = f"http://{HOST}:{port}{probe.path}"
        address = Address(family=socket.AF_INET, sockaddr=(HOST, port), label=f"{HOST}:{port}")
        asked, answers = build_request(parse_url(url)), list[Answer]()
        parts = [server] if proxy is None else [server, proxy]
        wait_until(lambda: _ask(asked, address, probe, answers), *parts, what=spec.name, timeout_s=timeout_s)
        running = RunningSystem(
            url=url,
            address=address,
            server=server,
            proxy=proxy,
            answer=answers[-1],
            notes=notes,
            explained_errors=[],
            command_line=masked_command(server.command),
            is_pinned=probe.sha256 is not None,
        )
        yield running
        if proxy is not None:
            with proxy.log_path.open(errors="replace") as log:
                running.explained_errors.extend(nginx.explain_log(line.rstrip("\n") for line in log))


def _server(spec: SystemSpec, port: int, socket_path: Path, environment: dict[str, str], rig: Rig) -> Part:
    values = {
        "backlog": rig.backlog,
        "database_url": rig.database_url or "",
        "port": port,
        "run_directory": rig.run_directory.path,
        "socket": socket_path,
        "workers": rig.workers,
    }
    database = {} if rig.database_url is None else {"DATABASE_URL": rig.database_url}
    return Part(
        [fill_in(word, values) for word in shlex.split(spec.command)],
        rig.run_directory,
        log_path=rig.logs / f"{spec.name}.log",
        environment=environment | database | {name: fill_in(value, values) for name, value in spec.env.items()},
        directory=rig.suite_directory / spec.directory,
        stop_signal=Signals[spec.stop_signal],
        grace_s=parse_duration_s(spec.grace, what="grace"),
    )


def _proxy(name: str, front: Front, port: int, socket_path: Path, rig: Rig) -> Part:
    directory = rig.run_directory.path / f"{name}-nginx"
    directory.mkdir()
    configuration = directory / "nginx.conf"
    configuration.write_text(
        nginx.render(front, port=port, socket=socket_path, directory=directory, backlog=rig.backlog)
    )
    program = nginx.find_nginx(rig.nginx)
    return Part(
        [str(program), "-p", str(directory), "-c", str(configuration), "-e", "stderr"],
        rig.run_directory,
        log_path=rig.logs / f"{name}-nginx.log",
        environment=base_environment(),
        directory=directory,
    )


def _ask(request: Request, address: Address, probe: Probe, answers: list[Answer]) -> str | None:
    """Ask once, keep the answer, and return what is wrong with it."""
    try:
        answers.append(ask_once(request, address))
    except StartError as error:
        return str(error)
    return _wrong_with(answers[-1], probe)


def _check_requirements(spec: SystemSpec, environment: dict[str, str], rig: Rig) -> None:
    directory = rig.suite_directory / spec.directory
    program = shlex.split(spec.command)[0]
    where = directory / program if "/" in program else program
    if shutil.which(where, path=environment["PATH"]) is None:
        raise Unavailable(f"the program {program!r} is not installed.")
    for number, requirement in enumerate(spec.requires):
        problem = _try_requirement(
            requirement,
            rig.run_directory,
            log_path=rig.run_directory.path / f"{spec.name}-requires-{number}.log",
            environment=environment,
            directory=directory,
        )
        if problem is not None:
            raise Unavailable(f"{problem.rstrip('.')}. {requirement.hint}".strip())


def _try_requirement(
    requirement: Requirement,
    run_directory: RunDirectory,
    *,
    log_path: Path,
    environment: dict[str, str],
    directory: Path,
) -> str | None:
    """Run the command of a requirement, and return what it says is missing; None for nothing."""
    with Part(
        shlex.split(requirement.command),
        run_directory,
        log_path=log_path,
        environment=environment,
        directory=directory,
        grace_s=0.0,
    ) as part:
        give_up_at_s = time.monotonic() + REQUIREMENT_TIMEOUT_S
        while part.exit_code is None:
            if time.monotonic() >= give_up_at_s:
                return f"{requirement.command}: not done after {REQUIREMENT_TIMEOUT_S:g} s"
            time.sleep(POLL_S)
        if part.exit_code == 0:
            return None
        return (part.log_tail().strip().splitlines() or [f"exit code {part.exit_code}"])[-1]


def _take_port(ports: Ports, wanted: int, notes: list[str]) -> int:
    port = ports.take(wanted)
    if port != wanted:
        notes.append(f"port {wanted} was taken: {port} was used.")
    return port


def _try_socket(path: Path) -> str | None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.connect(str(path))
        except OSError as error:
            return f"unix:{path}: {error.strerror}"
    return None


def _wrong_with(answer: Answer, probe: Probe) -> str | None:
    if answer.status != probe.status:
        return f"expected status {probe.status} for {probe.path}, got {describe(answer)}"
    digest = _digest(answer)
    if probe.sha256 is not None and digest != probe.sha256:
        return (
            f"expected a body with SHA-256 {probe.sha256} for {probe.path}, got {digest} "
            f"({len(answer.body)} bytes: {answer.body[:100]!r}...)"
        )
    return None


def _digest(answer: Answer) -> str:
    return hashlib.sha256(answer.body).hexdigest()
