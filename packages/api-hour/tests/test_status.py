"""`api_hour status` as a client of a monitor."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from listening_sockets import listening
from pictured import FACTS, facts

from api_hour import status as status_module
from api_hour.config import Bind, TcpBind, UnixBind
from api_hour.errors import NoAnswer
from api_hour.status import status
from api_hour.supervisor.facts import DaemonFacts
from api_hour.supervisor.monitor import Monitor
from api_hour.supervisor.monitor_pages import Pages


@contextmanager
def monitor_on(listener: socket.socket, pictured: DaemonFacts = FACTS) -> Iterator[None]:
    listener.setblocking(False)
    with closing(Monitor(listener, Pages())) as monitor:
        monitor.publish(pictured, time.monotonic())
        monitor.start()
        yield


def bind_of(listener: socket.socket, host: str = "127.0.0.1") -> Bind:
    return TcpBind(host=host, port=listener.getsockname()[1])


@contextmanager
def answering(data: bytes) -> Iterator[Bind]:
    """Listen as somebody who answers everything with the same bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(data)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield bind_of(listener)
        finally:
            thread.join()


def refusal(bind: Bind) -> str:
    with pytest.raises(NoAnswer) as caught:
        status(bind)
    assert caught.value.exit_code == 3
    return str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  # an address that is listened on
def test_a_daemon_is_shown_as_its_monitor_says(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with listening() as [listener], monitor_on(listener):
        assert status(bind_of(listener, host)) == 0

    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.startswith("app:Container  serving, up 2 h 1 min  2 of 2 workers serve  supervisor 100")
    assert "\x1b" not in output.out


def test_a_monitor_on_a_unix_socket_is_asked_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("m.sock")
        listener.listen()
        with monitor_on(listener):
            assert status(UnixBind(path="m.sock")) == 0

    assert capsys.readouterr().out.startswith("app:Container  serving")


@pytest.mark.parametrize(("variables", "is_coloured"), [({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_as_the_environment_says(
    variables: dict[str, str], is_coloured: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with listening() as [listener], monitor_on(listener):
        status(bind_of(listener))

    assert ("\x1b[32mserving\x1b[0m" in capsys.readouterr().out) is is_coloured


def test_the_document_is_given_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with listening() as [listener], monitor_on(listener):
        assert status(bind_of(listener), as_json=True) == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["schema_version"], document["target"]) == (1, "app:Container")


def test_where_nobody_listens_no_daemon_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with listening() as [listener]:
        bind = bind_of(listener)

    assert refusal(bind) == f"no daemon answers at --monitor {bind}: Connection refused."
    assert refusal(UnixBind(path="m.sock")) == "no daemon answers at --monitor unix:m.sock: No such file or directory."


def test_who_does_not_answer_in_time_is_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_module, "TIMEOUT_S", 0.05)
    with listening() as [listener]:
        bind = bind_of(listener)
        assert refusal(bind) == f"no daemon answers at --monitor {bind}: timed out."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no daemon answers at --monitor {bind}: Remote end closed connection without response."),
        (b"SSH-2.0-x\r\n", "no daemon answers at --monitor {bind}: SSH-2.0-x."),
        (
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "--monitor {bind}: expected a daemon's monitor; got the answer 404.",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            (
                "--monitor {bind}: expected a daemon's status; got something else: "
                "Object missing required field `version`."
            ),
        ),
    ],
)
def test_somebody_else_is_no_daemon(data: bytes, message: str) -> None:
    with answering(data) as bind:
        assert refusal(bind) == message.format(bind=bind)


def test_a_document_of_another_form_is_not_misread() -> None:
    with listening() as [listener], monitor_on(listener, facts(schema_version=2)):
        bind = bind_of(listener)
        assert refusal(bind) == (
            f"--monitor {bind}: expected a status of schema version 1; got 2. "
            "Use the daemon's own version of api_hour, or --json."
        )
