"""Systems of a few lines each, with the real nginx before them where a suite would have it."""

import hashlib
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from rig.deadlines import TIMEOUT_S, wait_until_gone

from rush_hour.core.expectation import Expectation
from rush_hour.errors import StartError
from rush_hour.load.probe import Answer
from rush_hour.rig.nginx import find_nginx
from rush_hour.rig.run_directory import RunDirectory
from rush_hour.rig.suite import Front, Probe, Requirement, SystemSpec
from rush_hour.rig.system import Rig, Unavailable, _wrong_with, pin, running_system

HELLO = "HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello"
SERVER = f"""
import os, socket, sys, threading
where = sys.argv[1]
listener = socket.socket(socket.AF_INET if where.isdigit() else socket.AF_UNIX)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(where)) if where.isdigit() else where)
listener.listen(128)
answer = os.environ.get("ANSWER", {HELLO!r}).encode().decode("unicode_escape").encode()
print("serving", sys.argv[2:], flush=True)
while True:
    connection, _ = listener.accept()
    with connection:
        if connection.recv(65536):
            connection.sendall(answer)
"""
PROBE = Probe(path="/agents")
SHORT = f"{TIMEOUT_S / 10:g}s"  # and yet long enough for a program to begin


@pytest.fixture
def rig(run_directory: RunDirectory, tmp_path: Path) -> Rig:
    """What the systems of a test share; their directory has `server.py` in it."""
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "logs").mkdir()
    return Rig(
        run_directory=run_directory,
        suite_directory=tmp_path,
        logs=tmp_path / "logs",
        workers=3,
        backlog=128,
        nginx=find_nginx(None),
        database_url=None,
    )


@pytest.fixture
def spec(free_port: int) -> SystemSpec:
    """A system that answers `hello`."""
    return SystemSpec(
        name="small",
        title="Small",
        command="python -I -S server.py {port}",
        port=free_port,
        grace="1s",
        ready_timeout=f"{TIMEOUT_S:g}s",
    )


@pytest.fixture
def other_port(free_port: int) -> int:
    """A second port on which nobody listens."""
    with socket.socket() as held, socket.socket() as probe:
        held.bind(("127.0.0.1", free_port))
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refusal_of(spec: SystemSpec, rig: Rig, probe: Probe = PROBE, kind: type[Exception] = StartError) -> str:
    with pytest.raises(kind) as caught, running_system(spec, probe, rig):
        pytest.fail("it came up")
    return str(caught.value)


def test_a_system_runs_until_the_end_of_its_turn(spec: SystemSpec, rig: Rig) -> None:
    with running_system(spec, PROBE, rig) as running:
        process_ids = running.server.process_ids()
        assert running.url == f"http://127.0.0.1:{spec.port}/agents"
        assert running.answer == Answer(status=200, body=b"hello")
        assert running.request.data.startswith(b"GET /agents HTTP/1.1\r\n")
        assert running.request.expectation == Expectation(statuses=frozenset({200}), body=b"hello", is_guess=True)
        assert (running.notes, running.proxy) == ([], None)
        assert running.parts() == {"server": running.server}

    assert process_ids
    assert not [pid for pid in process_ids if Path(f"/proc/{pid}").exists()]
    assert (rig.logs / "small.log").read_text() == "serving []\n"


def test_placeholders_are_filled_in(spec: SystemSpec, rig: Rig, tmp_path: Path) -> None:
    command = "python -I -S server.py {port} {workers} {backlog} {socket} '{run_directory}/a b'"

    with running_system(structs.replace(spec, command=command), PROBE, rig):
        pass

    path = rig.run_directory.path
    expected = ["3", "128", f"{path}/small.sock", f"{path}/a b"]
    assert (rig.logs / "small.log").read_text() == f"serving {expected}\n"


def test_the_environment_has_the_database_and_what_the_suite_adds(spec: SystemSpec, rig: Rig) -> None:
    command = "sh -c 'echo $DATABASE_URL $PROCESSES; exec python -I -S server.py $0' {port}"
    spec = structs.replace(spec, command=command, env={"PROCESSES": "{workers} or more"})

    with running_system(spec, PROBE, replace(rig, database_url="postgresql:///x?y")):
        pass

    assert (rig.logs / "small.log").read_text() == "postgresql:///x?y 3 or more\nserving []\n"


def test_a_taken_port_is_replaced_and_the_note_says_so(spec: SystemSpec, rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", spec.port)), running_system(spec, PROBE, rig) as running:
        [note] = running.notes
        port = running.address.sockaddr[1]

    assert note == f"port {spec.port} was taken: {port} was used."
    assert running.url == f"http://127.0.0.1:{port}/agents"


def test_two_runs_of_a_system_at_once_do_not_collide(spec: SystemSpec, rig: Rig, tmp_path: Path) -> None:
    with (
        RunDirectory() as directory,
        running_system(spec, PROBE, rig) as one,
        running_system(spec, PROBE, replace(rig, run_directory=directory)) as other,
    ):
        assert one.url != other.url
        assert one.answer == other.answer


@pytest.fixture
def fronted(spec: SystemSpec, other_port: int) -> SystemSpec:
    """The system behind nginx."""
    return structs.replace(
        spec, command="python -I -S server.py {socket}", front=Front(protocol="http", port=other_port)
    )


def test_a_front_passes_requests_to_the_systems_socket(fronted: SystemSpec, rig: Rig) -> None:
    assert fronted.front is not None
    with running_system(fronted, PROBE, rig) as running:
        assert running.url == f"http://127.0.0.1:{fronted.front.port}/agents"
        assert running.answer == Answer(status=200, body=b"hello")
        assert set(running.parts()) == {"server", "proxy"}
        process_ids = [pid for part in running.parts().values() for pid in part.process_ids()]

    assert len(process_ids) >= 3  # the server, and nginx with a worker
    assert not [pid for pid in process_ids if Path(f"/proc/{pid}").exists()]


def test_a_front_of_the_uwsgi_protocol_asks_in_it(fronted: SystemSpec, rig: Rig, other_port: int) -> None:
    spec = structs.replace(fronted, front=Front(protocol="uwsgi", port=other_port))

    with running_system(spec, PROBE, rig) as running:
        assert running.answer == Answer(status=200, body=b"hello")


def test_the_proxys_errors_are_explained(fronted: SystemSpec, rig: Rig) -> None:
    with running_system(fronted, PROBE, rig) as running:
        assert running.proxy is not None
        with running.proxy.log_path.open("a") as log:
            log.write("2026/03/04 05:06:07 [error] 8#8: *1 connect() failed (111: Connection refused), client: x\n")

    [error] = running.explained_errors
    assert error.sentence == "nginx, 1 time: nobody listened on the system's socket (111: Connection refused)."
    assert error.role == "proxy"


def test_a_proxy_that_ends_is_told_with_its_own_log(fronted: SystemSpec, rig: Rig, tmp_path: Path) -> None:
    program = tmp_path / "nginx"
    program.write_text("#!/bin/sh\necho 'unknown directive'\nexit 1\n")
    program.chmod(0o755)

    assert (
        refusal_of(fronted, replace(rig, nginx=program))
        == "small ended with exit code 1 before it was ready.\nunknown directive"
    )


def test_a_system_without_the_socket_it_promised_is_told(fronted: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(fronted, command="sh -c 'echo busy; sleep 1000' {socket}", ready_timeout=SHORT)

    assert refusal_of(spec, rig) == (
        f"small was not ready after {SHORT.rstrip('s')} s: unix:{rig.run_directory.path}/small.sock: "
        "No such file or directory\nbusy"
    )


def test_a_system_that_ends_is_told_with_its_exit_code_and_the_end_of_its_log(spec: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(spec, command="sh -c 'echo no module named x; exit 3' {port}")

    assert refusal_of(spec, rig) == "small ended with exit code 3 before it was ready.\nno module named x"


def test_another_status_is_told_with_the_start_of_the_answer() -> None:
    problem = _wrong_with(Answer(status=500, body=b" no table \xff\n" + bytes(1000)), PROBE)

    assert problem is not None
    assert problem == "expected status 200 for /agents, got 500: no table \ufffd\\n" + 188 * "\\x00"


def test_another_body_is_told_with_its_digest() -> None:
    probe = pin(PROBE, Answer(status=200, body=b"good day"))

    wanted, got = (hashlib.sha256(body).hexdigest() for body in (b"good day", b"hello"))
    assert _wrong_with(Answer(status=200, body=b"hello"), probe) == (
        f"expected a body with SHA-256 {wanted} for /agents, got {got} (5 bytes: b'hello'...)"
    )


def test_a_system_that_answers_otherwise_does_not_come_up(spec: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(spec, ready_timeout=SHORT)

    assert refusal_of(spec, rig, Probe(path="/agents", status=201)) == (
        f"small was not ready after {SHORT.rstrip('s')} s: expected status 201 for /agents, got 200: hello\nserving []"
    )


def test_a_probe_is_pinned_to_a_body_and_keeps_the_rest() -> None:
    pinned = pin(Probe(path="/x", status=201), Answer(status=201, body=b""))

    assert pinned == Probe(path="/x", status=201, sha256=hashlib.sha256(b"").hexdigest())


def test_a_program_that_is_not_installed_makes_a_system_unavailable(spec: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(spec, command="no-such-server {port}")

    assert refusal_of(spec, rig, kind=Unavailable) == "the program 'no-such-server' is not installed."


def test_a_program_in_the_systems_directory_is_found(
    spec: SystemSpec, rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = tmp_path / "app" / "start"
    start.parent.mkdir()
    start.write_text(f"#!/bin/sh\nexec {sys.executable} -I -S ../server.py $1\n")
    start.chmod(0o755)
    monkeypatch.chdir("/")

    with running_system(structs.replace(spec, directory="app", command="./start {port}"), PROBE, rig) as running:
        assert running.answer.body == b"hello"


@pytest.mark.parametrize(
    ("command", "hint", "reason"),
    [
        ("sh -c 'echo first; echo no compiler. >&2; exit 1'", "Install one.", "no compiler. Install one."),
        ("sh -c 'exit 5'", "", "exit code 5."),
        ("sh -c 'printf \"n\\303\\266 \\377 \\033[31m\"; exit 1'", "", "n\u00f6 \ufffd \\x1b[31m."),
        (
            "no-such-check",
            "Install it.",
            "no-such-check: No such file or directory. Install it.",
        ),
    ],
)
def test_a_requirement_that_fails_makes_a_system_unavailable(
    spec: SystemSpec, rig: Rig, command: str, hint: str, reason: str
) -> None:
    spec = structs.replace(spec, requires=[Requirement(command="true"), Requirement(command=command, hint=hint)])

    assert refusal_of(spec, rig, kind=Unavailable) == reason


def test_nothing_of_a_requirement_is_left(spec: SystemSpec, rig: Rig, tmp_path: Path) -> None:
    check = f"sh -c 'sleep 1000 & echo $! > {tmp_path}/id'"

    with running_system(structs.replace(spec, requires=[Requirement(command=check)]), PROBE, rig):
        wait_until_gone(int((tmp_path / "id").read_text()))


def test_a_requirement_that_does_not_end_is_not_met(
    spec: SystemSpec, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rush_hour.rig.system.REQUIREMENT_TIMEOUT_S", 0.1)
    spec = structs.replace(spec, requires=[Requirement(command="sleep 1000", hint="Wake it.")])

    assert refusal_of(spec, rig, kind=Unavailable) == "sleep 1000: not done after 0.1 s. Wake it."


def test_requirements_are_tried_in_the_systems_directory_with_its_programs(
    spec: SystemSpec, rig: Rig, tmp_path: Path
) -> None:
    check = "python -c 'import os, sys; sys.exit(not os.path.exists(\"server.py\"))'"

    with running_system(structs.replace(spec, requires=[Requirement(command=check)]), PROBE, rig) as running:
        assert running.answer.body == b"hello"
