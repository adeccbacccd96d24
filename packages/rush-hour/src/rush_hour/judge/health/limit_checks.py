"""What is said of a machine's limits, and of what is installed. Pure."""

from rush_hour.judge.health.cpu_checks import NOT_TOLD
from rush_hour.judge.health.diagnosis import Diagnosis
from rush_hour.judge.health.facts import Facts
from rush_hour.units import format_count

WANTED_BACKLOG = 4096  # of servers
LEAST_BACKLOG = 1024
WANTED_FILES = 4096
LEAST_FILES = 1024
GIVEN_FILES = 65_536  # where there may be so many
DEFAULT_PORTS = 28_232  # Linux: from 32768 to 60999
LEAST_PORTS = 4096
TIME_WAIT_S = 60  # Linux: TCP_TIMEWAIT_LEN
WIDE_RANGE = "15000 65535"


def open_files(facts: Facts) -> Diagnosis:
    """Say how many connections one process may have: the load generator takes the hard limit, servers the soft one."""
    soft, hard = facts.state.open_files_soft, facts.state.open_files_hard
    found = "no limit" if soft is None else format_count(soft)
    if soft is not None:
        found += f" (at most {'any' if hard is None else format_count(hard)})" if hard != soft else ""
    code, what = "open-files", "open files"
    if hard is not None and hard < LEAST_FILES:
        return Diagnosis(
            code=code,
            what=what,
            found=found,
            verdict="hinders",
            why=f"No process, the load generator's neither, can have more than {format_count(hard)} connections.",
            change=f"docker run --ulimit nofile={GIVEN_FILES}"
            if facts.state.is_container
            else f"* - nofile {GIVEN_FILES} in /etc/security/limits.conf, and log in again",
        )
    if soft is not None and soft < WANTED_FILES:
        given = GIVEN_FILES if hard is None else min(GIVEN_FILES, hard)
        return Diagnosis(
            code=code,
            what=what,
            found=found,
            verdict="note",
            why=f"A server that does not raise its own limit fails above {format_count(soft)} connections (EMFILE).",
            change=f"ulimit -Sn {given}" if given > soft else f"ulimit -n {GIVEN_FILES}, as root",
        )
    return Diagnosis(code=code, what=what, found=found, verdict="fine")


def somaxconn(facts: Facts) -> Diagnosis:
    """Say how many connections may wait for a server to accept them."""
    found = facts.state.somaxconn
    code, what = "somaxconn", "accept queue (somaxconn)"
    if found is None:
        return Diagnosis(code=code, what=what, found=NOT_TOLD, verdict="unknown")
    if found >= WANTED_BACKLOG:
        return Diagnosis(code=code, what=what, found=format_count(found), verdict="fine")
    return Diagnosis(
        code=code,
        what=what,
        found=format_count(found),
        verdict="hinders" if found < LEAST_BACKLOG else "note",
        why="Connections beyond that are dropped, and tried again after 1 s: the kernel's doing, not the server's.",
        change=_set(facts, "net.core.somaxconn", str(WANTED_BACKLOG)),
    )


def port_range(facts: Facts) -> Diagnosis:
    """Say how many connections can be opened to one address of a server."""
    code, what = "port-range", "ports to connect from"
    if facts.state.port_range is None:
        return Diagnosis(code=code, what=what, found=NOT_TOLD, verdict="unknown")
    first, last = facts.state.port_range
    ports = last - first + 1
    found = f"{first} to {last}"
    if ports >= DEFAULT_PORTS:
        return Diagnosis(code=code, what=what, found=found, verdict="fine")
    return Diagnosis(
        code=code,
        what=what,
        found=found,
        verdict="hinders" if ports < LEAST_PORTS else "note",
        why=f"That is {format_count(ports)} connections to one address, and {ports // TIME_WAIT_S} new ones a second "
        f"for --connection-per-request: a port rests for {TIME_WAIT_S} s.",
        change=_set(facts, "net.ipv4.ip_local_port_range", f"'{WIDE_RANGE}'"),
    )


def servers(facts: Facts) -> Diagnosis | None:
    """Say which servers are there to be measured; nothing where nobody looked."""
    if facts.servers is None:
        return None
    own = [server for server in facts.servers if server.variant_of is None]
    installed = [server.title for server in own if server.version is not None]
    found = f"{len(installed)} of {len(own)}"
    if not installed:
        why = "There is none that rush-hour try and init could start."
        return Diagnosis(
            code="servers", what="servers", found=found, verdict="note", why=why, change=own[0].command if own else ""
        )
    return Diagnosis(code="servers", what="servers", found=f"{found} (--servers lists them)", verdict="fine")


def _set(facts: Facts, name: str, value: str) -> str:
    """Return the command that sets a variable of the kernel: of a container's network when the container is made."""
    if facts.state.is_container:
        return f"docker run --sysctl {name}={value}"
    return f"sysctl -w {name}={value}"
