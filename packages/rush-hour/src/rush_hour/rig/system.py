"""One system of a suite, started with its real parts and asked until it answers rightly."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from rush_hour.core.schedule import Schedule
from rush_hour.credentials import masked_command
from rush_hour.load.learning import not_looked_at
from rush_hour.load.plan import LoadPlan, parse_url
from rush_hour.load.probe import Answer, ask_once
from rush_hour.load.transport.address import Address
from rush_hour.load.transport.destination import destination_of
from rush_hour.load.workload.request import Request
from rush_hour.load.workload.specs import WorkloadSpec
from rush_hour.load.workload.wanted import Wanted
from rush_hour.load.workload.workload import Workload, build_workload
from rush_hour.results.resources import Role
from rush_hour.rig.parts import nginx
from rush_hour.rig.parts.part import Part, base_environment
from rush_hour.rig.parts.ports import HOST, Ports
from rush_hour.rig.parts.waiting import wait_until, why_closed
from rush_hour.rig.readiness import Asking
from rush_hour.rig.requirements import check_requirements
from rush_hour.rig.shared import Rig, log_paths
from rush_hour.rig.start import Start
from rush_hour.rig.suite.placeholders import placeholders_of
from rush_hour.rig.suite.system_spec import Front, SystemSpec
from rush_hour.units import parse_duration_s

ANSWER_TIMEOUT_S = 5.0  # before the load, of a system that may still be beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSystem:
    """A system that answers.

    Attributes:
        url: what to put the load on.
        server: the system itself.
        proxy: nginx before it; None without.
        workload: what is sent to it, with the good answers.
        notes: what differs from the suite.
        command_line: as it was started, secrets masked.
    """

    url: str
    server: Part
    proxy: Part | None
    workload: Workload
    notes: list[str]
    command_line: str

    def parts(self) -> dict[Role, Part]:
        """Return the parts by their role."""
        return {"server": self.server, **({} if self.proxy is None else {"proxy": self.proxy})}

    def plan(self, schedule: Schedule, *, processes: int, timeout_s: float, warmup_s: float = 0.0) -> LoadPlan:
        """Return the plan of a load on it.

        Args:
            schedule: when each request is due.
            processes: of the load generator.
            timeout_s: how long an answer may take.
            warmup_s: for how long the load is on it before.
        """
        return LoadPlan(
            url=self.url,
            destination=destination_of(parse_url(self.url)),
            requests=self.workload.source(),
            schedule=schedule,
            warmup=schedule.warm_up(warmup_s),
            processes=processes,
            timeout_s=timeout_s,
        )


@contextmanager
def running_system(
    spec: SystemSpec,
    requests: WorkloadSpec,
    rig: Rig,
    *,
    wanted: Sequence[Wanted] | None = None,
    on_step: Callable[[str], None] = lambda _step: None,
) -> Iterator[RunningSystem]:
    """Prepare and start a system, and nginx before it if it has a front, and stop them afterwards.

    Args:
        spec: the system.
        requests: what is sent to it; it counts as running when it answers all that can be asked before the load.
        rig: what all systems share.
        wanted: of each answer, as the first system gave it; None for the first.
        on_step: told what is being done.

    Raises:
        Unavailable: it cannot run on this machine.
        StartError: it did not come up, or does not answer rightly.
    """
    timeout_s = parse_duration_s(spec.ready_timeout, what="ready_timeout")
    notes: list[str] = []
    with ExitStack() as stack:
        start = Start.of(spec, rig)
        check_requirements(spec, start.words(spec.command)[0], start.interpreter, start.surroundings)
        ports = stack.enter_context(Ports())
        if "port" in placeholders_of(spec):
            start.values["port"] = _take_port(ports, spec.port, notes)
        start.prepare(on_step)
        server = stack.enter_context(start.server())
        port, proxy = int(start.values["port"]), None
        if spec.front is not None:
            upstream = _upstream(spec, start)
            wait_until(lambda: why_closed(upstream), server, what=spec.name, timeout_s=timeout_s)
            port = _take_port(ports, spec.front.port, notes)
            proxy = stack.enter_context(_proxy(spec.name, spec.front, port, upstream.label, rig))
        address = _address(port)
        workload = build_workload(requests, rig.suite_directory, parse_url(f"http://{HOST}:{port}/"))
        asking = Asking(workload, wanted or workload.wanted, partial(_ask, address))
        parts = [server] if proxy is None else [server, proxy]
        wait_until(asking.try_it, *parts, what=spec.name, timeout_s=timeout_s)
        if not asking.has_asked:
            wait_until(lambda: why_closed(address), *parts, what=spec.name, timeout_s=timeout_s)
        notes += [f"{not_looked_at(path, has_users=workload.has_users)}." for path in asking.changing]
        yield RunningSystem(
            url=asking.learned.address,
            server=server,
            proxy=proxy,
            workload=asking.learned,
            notes=notes,
            command_line=masked_command(server.command),
        )


def _upstream(spec: SystemSpec, start: Start) -> Address:
    """Return where the front speaks to the system, under the name that nginx has for it."""
    if "socket" in placeholders_of(spec):
        path = str(start.values["socket"])
        return Address(family=socket.AF_UNIX, sockaddr=path, label=f"unix:{path}")
    return _address(int(start.values["port"]))


def _address(port: int) -> Address:
    return Address(family=socket.AF_INET, sockaddr=(HOST, port), label=f"{HOST}:{port}")


def _ask(address: Address, request: Request, timeout_s: float | None) -> Answer:
    return ask_once(request, address, timeout_s=timeout_s or ANSWER_TIMEOUT_S)


def _proxy(name: str, front: Front, port: int, upstream: str, rig: Rig) -> Part:
    directory = rig.run_directory.path / f"{name}-nginx"
    directory.mkdir(exist_ok=True)  # it may be started several times in a run
    configuration = directory / "nginx.conf"
    configuration.write_text(
        nginx.render(front, port=port, upstream=upstream, directory=directory, backlog=rig.backlog)
    )
    program = nginx.find_nginx(rig.nginx)
    return Part(
        [str(program), "-p", str(directory), "-c", str(configuration), "-e", "stderr"],
        rig.run_directory,
        log_path=log_paths(name, rig)["proxy"],
        environment=base_environment(),
        directory=directory,
    )


def _take_port(ports: Ports, wanted: int, notes: list[str]) -> int:
    port = ports.take(wanted)
    if port != wanted:
        notes.append(f"port {wanted} was taken: {port} was used.")
    return port
