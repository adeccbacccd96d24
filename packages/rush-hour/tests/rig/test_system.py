"""Systems of a few lines each, with the real nginx before them where a suite would have it."""

import socket
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from msgspec import structs
from rig.deadlines import TIMEOUT_S, wait_until_gone
from rig.environments import made_environment

from rush_hour.core.expectation import Expectation
from rush_hour.errors import StartError
from rush_hour.load.plan import parse_url
from rush_hour.load.workload.specs import ExpectSpec, RequestSpec, WorkloadSpec
from rush_hour.load.workload.wanted import Wanted, pinned
from rush_hour.rig.parts.nginx import find_nginx
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.requirements import Unavailable
from rush_hour.rig.shared import Rig, log_paths
from rush_hour.rig.suite.system_spec import Front, Requirement, SystemSpec
from rush_hour.rig.system import RunningSystem, running_system

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
REQUESTS = WorkloadSpec(requests=[RequestSpec(path="/agents")])
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
        threads=1,
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


def expected_of(running: RunningSystem) -> Expectation:
    """Return what is expected of the answers to the one request."""
    [template] = running.workload.templates
    return template.request.expectation


def with_status(status: int) -> WorkloadSpec:
    return WorkloadSpec(requests=[RequestSpec(path="/agents", expect=ExpectSpec(status=status))])


def first(body: str) -> Wanted:
    """Return what is wanted after a first system has answered so."""
    return pinned(Expectation(statuses=frozenset({200}), body=body.encode(), is_guess=True))


def refusal_of(
    spec: SystemSpec, rig: Rig, requests: WorkloadSpec = REQUESTS, kind: type[Exception] = StartError
) -> str:
    with pytest.raises(kind) as caught, running_system(spec, requests, rig):
        pytest.fail("it came up")
    return str(caught.value)


def test_a_system_runs_until_the_end_of_its_turn(spec: SystemSpec, rig: Rig) -> None:
    with running_system(spec, REQUESTS, rig) as running:
        process_ids = running.server.process_ids()
        assert running.url == f"http://127.0.0.1:{spec.port}/agents"
        assert expected_of(running).body == b"hello"
        assert running.workload.templates[0].request.data.startswith(b"GET /agents HTTP/1.1\r\n")
        assert expected_of(running) == Expectation(statuses=frozenset({200}), body=b"hello", is_guess=True)
        assert (running.notes, running.proxy) == ([], None)
        assert running.parts() == {"server": running.server}

    assert process_ids
    assert not [pid for pid in process_ids if Path(f"/proc/{pid}").exists()]
    assert (rig.logs / "small.log").read_text() == "serving []\n"


def test_placeholders_are_filled_in(spec: SystemSpec, rig: Rig, tmp_path: Path) -> None:
    command = "{python} -I -S server.py {port} {workers} {threads} {backlog} {socket} '{run_directory}/a b' {python}"

    with running_system(structs.replace(spec, command=command), REQUESTS, rig):
        pass

    path = rig.run_directory.path
    expected = ["3", "1", "128", f"{path}/small.sock", f"{path}/a b", sys.executable]
    assert (rig.logs / "small.log").read_text() == f"serving {expected}\n"


def test_a_system_may_have_workers_and_threads_of_its_own(spec: SystemSpec, rig: Rig) -> None:
    command = "python -I -S server.py {port} {workers} {threads}"

    with running_system(structs.replace(spec, command=command, workers=7, threads=5), REQUESTS, rig):
        pass

    assert (rig.logs / "small.log").read_text() == "serving ['7', '5']\n"


def test_the_environment_has_the_database_and_what_the_suite_adds(spec: SystemSpec, rig: Rig) -> None:
    command = "sh -c 'echo $DATABASE_URL $PROCESSES; exec python -I -S server.py $0' {port}"
    spec = structs.replace(spec, command=command, env={"PROCESSES": "{workers} or more"})

    with running_system(spec, REQUESTS, replace(rig, database_url="postgresql:///x?y")):
        pass

    assert (rig.logs / "small.log").read_text() == "postgresql:///x?y 3 or more\nserving []\n"


def test_a_taken_port_is_replaced_and_the_note_says_so(spec: SystemSpec, rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", spec.port)), running_system(spec, REQUESTS, rig) as running:
        [note] = running.notes
        port = urlsplit(running.url).port

    assert note == f"port {spec.port} was taken: {port} was used."
    assert running.url == f"http://127.0.0.1:{port}/agents"


def test_two_runs_of_a_system_at_once_do_not_collide(spec: SystemSpec, rig: Rig, tmp_path: Path) -> None:
    with (
        RunDirectory() as directory,
        running_system(spec, REQUESTS, rig) as one,
        running_system(spec, REQUESTS, replace(rig, run_directory=directory)) as other,
    ):
        assert one.url != other.url
        assert expected_of(one) == expected_of(other)


@pytest.fixture
def fronted(spec: SystemSpec, other_port: int) -> SystemSpec:
    """The system behind nginx."""
    return structs.replace(
        spec, command="python -I -S server.py {socket}", front=Front(protocol="http", port=other_port)
    )


def test_a_front_passes_requests_to_the_systems_socket(fronted: SystemSpec, rig: Rig) -> None:
    assert fronted.front is not None
    with running_system(fronted, REQUESTS, rig) as running:
        assert running.url == f"http://127.0.0.1:{fronted.front.port}/agents"
        assert expected_of(running).body == b"hello"
        assert set(running.parts()) == {"server", "proxy"}
        process_ids = [pid for part in running.parts().values() for pid in part.process_ids()]

    assert len(process_ids) >= 3  # the server, and nginx with a worker
    assert not [pid for pid in process_ids if Path(f"/proc/{pid}").exists()]


def test_a_front_passes_requests_to_the_socket_of_a_system_that_has_a_port_too(fronted: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(fronted, command="python -I -S server.py {socket} --metrics {port}")

    with running_system(spec, REQUESTS, rig) as running:
        assert expected_of(running).body == b"hello"
        configuration = (rig.run_directory.path / "small-nginx/nginx.conf").read_text()

    assert f"server unix:{rig.run_directory.path}/small.sock;" in configuration


def test_a_front_passes_requests_to_the_port_of_a_system_that_is_told_no_socket(fronted: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(fronted, command="python -I -S server.py {port}")

    with running_system(spec, REQUESTS, rig) as running:
        assert expected_of(running).body == b"hello"
        assert running.url != f"http://127.0.0.1:{spec.port}/agents"


def test_a_front_of_the_uwsgi_protocol_asks_in_it(fronted: SystemSpec, rig: Rig, other_port: int) -> None:
    spec = structs.replace(fronted, front=Front(protocol="uwsgi", port=other_port))

    with running_system(spec, REQUESTS, rig) as running:
        assert expected_of(running).body == b"hello"


def test_each_part_has_its_log(fronted: SystemSpec, rig: Rig) -> None:
    with running_system(fronted, REQUESTS, rig) as running:
        assert {role: part.log_path for role, part in running.parts().items()} == log_paths("small", rig)


def test_an_option_that_nginx_does_not_know_is_told_in_its_own_words(fronted: SystemSpec, rig: Rig) -> None:
    assert fronted.front is not None
    front = structs.replace(fronted.front, options={"client_max_body": "1k"})

    message = refusal_of(structs.replace(fronted, front=front), rig)

    assert message.startswith("small ended with exit code 1 before it was ready.\n")
    assert 'unknown directive "client_max_body"' in message


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


def test_a_system_that_goes_on_answering_otherwise_is_not_waited_for(spec: SystemSpec, rig: Rig) -> None:
    spec = structs.replace(spec, ready_timeout=f"{10 * TIMEOUT_S:g}s")

    assert refusal_of(spec, rig, with_status(201)) == (
        "small has given the same wrong answer for 2 s: "
        "requests[0]: expected status 201 for /agents, got 200: hello\n"
        "If this is a good answer, say so: expect = { status = 200 }.\nserving []"
    )


def test_the_body_of_the_first_system_is_expected_of_the_next(spec: SystemSpec, rig: Rig) -> None:
    with running_system(spec, REQUESTS, rig, wanted=[first("hello")]) as running:
        assert expected_of(running) == Expectation(statuses=frozenset({200}), body=b"hello", is_guess=False)

    other = structs.replace(spec, name="other")
    with pytest.raises(StartError) as caught, running_system(other, REQUESTS, rig, wanted=[first("help")]):
        pytest.fail("it came up")

    assert str(caught.value) == (
        "other has given the same wrong answer for 2 s: requests[0]: expected the body that the first system "
        "answered for /agents, got a body that differs from byte 3 on (5 bytes, expected 4): b'hello', "
        "expected b'help'\nserving []"
    )


def test_a_system_of_which_nothing_can_be_asked_before_the_load_is_waited_for_until_it_listens(
    spec: SystemSpec, rig: Rig
) -> None:
    posted = WorkloadSpec(requests=[RequestSpec(path="/orders", method="POST")])
    with running_system(spec, posted, rig) as running, socket.socket() as client:
        address = parse_url(running.url)
        assert client.connect_ex((str(address.hostname), address.port)) == 0


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

    with running_system(structs.replace(spec, directory="app", command="./start {port}"), REQUESTS, rig) as running:
        assert expected_of(running).body == b"hello"


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

    with running_system(structs.replace(spec, requires=[Requirement(command=check)]), REQUESTS, rig):
        wait_until_gone(int((tmp_path / "id").read_text()))


def test_a_requirement_that_does_not_end_is_not_met(
    spec: SystemSpec, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rush_hour.rig.requirements.REQUIREMENT_TIMEOUT_S", 0.1)
    spec = structs.replace(spec, requires=[Requirement(command="sleep 1000", hint="Wake it.")])

    assert refusal_of(spec, rig, kind=Unavailable) == "sleep 1000: not done after 0.1 s. Wake it."


def test_requirements_are_tried_in_the_systems_directory_with_its_programs(
    spec: SystemSpec, rig: Rig, tmp_path: Path
) -> None:
    check = "python -c 'import os, sys; sys.exit(not os.path.exists(\"server.py\"))'"

    with running_system(structs.replace(spec, requires=[Requirement(command=check)]), REQUESTS, rig) as running:
        assert expected_of(running).body == b"hello"


def test_a_system_is_prepared_each_time_before_it_is_started(spec: SystemSpec, rig: Rig, tmp_path: Path) -> None:
    commands = [
        "sh -c 'echo $DATABASE_URL $WHERE > where; echo made it'",
        "sh -c 'echo {workers} {port} $VIRTUAL_ENV >> where'",
    ]
    spec = structs.replace(spec, prepare=commands, env={"WHERE": "{threads}"})
    steps: list[str] = []

    for _ in range(2):
        with running_system(spec, REQUESTS, replace(rig, database_url="postgresql:///x"), on_step=steps.append):
            assert (tmp_path / "where").read_text() == f"postgresql:///x 1\n3 {spec.port}\n"

    assert (rig.logs / "small.prepare-1.log").read_text() == "made it\nmade it\n"
    assert (
        steps
        == [
            "preparing: sh -c 'echo $DATABASE_URL $WHERE > where; echo made it'",
            f"preparing: sh -c 'echo 3 {spec.port} $VIRTUAL_ENV >> where'",
            "starting",
        ]
        * 2
    )


def test_a_system_that_cannot_be_prepared_is_not_started(spec: SystemSpec, rig: Rig, tmp_path: Path) -> None:
    commands = ["sh -c 'echo no such table; exit 4'", "touch second"]

    assert refusal_of(structs.replace(spec, prepare=commands), rig) == (
        "prepare: sh -c 'echo no such table; exit 4': exit code 4.\nno such table"
    )
    assert not (tmp_path / "second").exists()
    assert not (rig.logs / "small.log").exists()


def test_a_system_runs_the_programs_of_its_virtual_environment(spec: SystemSpec, rig: Rig, tmp_path: Path) -> None:
    programs = made_environment(tmp_path / "venv")
    command = "sh -c 'echo $VIRTUAL_ENV $(command -v hello); exec {python} -I -S server.py {port}'"
    spec = structs.replace(spec, command=command, venv="venv")

    with running_system(spec, REQUESTS, rig) as running:
        assert f"{programs}/python -I -S server.py" in running.command_line

    assert (rig.logs / "small.log").read_text() == f"{tmp_path}/venv {programs}/hello\nserving []\n"


def test_a_program_that_is_not_in_the_systems_environment_makes_it_unavailable(
    spec: SystemSpec, rig: Rig, tmp_path: Path
) -> None:
    programs = made_environment(tmp_path / "venv")
    spec = structs.replace(spec, command="no-such-server {port}", venv="venv")

    assert refusal_of(spec, rig, kind=Unavailable) == (
        f"the program 'no-such-server' is not installed in {programs}, nor on PATH."
    )
