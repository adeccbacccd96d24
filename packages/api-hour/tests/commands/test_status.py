"""`api_hour status` as a client of a monitor."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from listening_sockets import listening
from pictured import FACTS, facts

from api_hour.commands import asking
from api_hour.commands.status import status
from api_hour.config import Location
from api_hour.errors import ConfigError, NoAnswer
from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.pages import Pages
from api_hour.supervisor.monitor.server import Monitor


@contextmanager
def monitor_on(listener: socket.socket, pictured: DaemonFacts = FACTS) -> Iterator[None]:
    listener.setblocking(False)
    with closing(Monitor(listener, Pages())) as monitor:
        monitor.publish(pictured, time.monotonic())
        monitor.start()
        yield


def address_of(listener: socket.socket, host: str = "127.0.0.1") -> str:
    return f"{host}:{listener.getsockname()[1]}"


def show(address: str, *, as_json: bool = False) -> int:
    return status(Location(monitor=address), as_json=as_json)


@contextmanager
def answering(data: bytes) -> Iterator[str]:
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
            yield address_of(listener)
        finally:
            thread.join()


def refusal(address: str) -> str:
    with pytest.raises(NoAnswer) as caught:
        show(address)
    assert caught.value.exit_code == 3
    return str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  # an address that is listened on
def test_a_daemon_is_shown_as_its_monitor_says(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with listening() as [listener], monitor_on(listener):
        assert show(address_of(listener, host)) == 0

    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.startswith("app:Container  serving, up 2 h 1 min  2 of 2 workers serve  supervisor 100")
    assert "\x1b" not in output.out


@pytest.mark.parametrize("address", ["unix:m.sock", f"unix:@api-hour-test-{os.getpid()}"], ids=["file", "abstract"])
def test_a_monitor_on_a_unix_socket_is_asked_too(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address.removeprefix("unix:").replace("@", "\0"))
        listener.listen()
        with monitor_on(listener):
            assert show(address) == 0

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
        show(address_of(listener))

    assert ("\x1b[32mserving\x1b[0m" in capsys.readouterr().out) is is_coloured


def test_the_document_is_given_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with listening() as [listener], monitor_on(listener):
        assert show(address_of(listener), as_json=True) == 0

    document = json.loads(capsys.readouterr().out)
    assert (document["schema_version"], document["target"]) == (1, "app:Container")


def test_where_nobody_listens_no_daemon_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with listening() as [listener]:
        address = address_of(listener)

    assert refusal(address) == f"no daemon answers at --monitor {address}: Connection refused."
    assert refusal("unix:m.sock") == "no daemon answers at --monitor unix:m.sock: No such file or directory."


def test_who_does_not_answer_in_time_is_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_S", 0.05)
    with listening() as [listener]:
        address = address_of(listener)
        assert refusal(address) == f"no daemon answers at --monitor {address}: timed out."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no daemon answers at --monitor {address}: Remote end closed connection without response."),
        (b"SSH-2.0-x\r\n", "no daemon answers at --monitor {address}: SSH-2.0-x."),
        (
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "--monitor {address}: expected a daemon's monitor; got the answer 404.",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            (
                "--monitor {address}: expected a daemon's status; got something else: "
                "Object missing required field `version`."
            ),
        ),
    ],
)
def test_somebody_else_is_no_daemon(data: bytes, message: str) -> None:
    with answering(data) as address:
        assert refusal(address) == message.format(address=address)


def test_a_document_of_another_form_is_not_misread() -> None:
    with listening() as [listener], monitor_on(listener, facts(schema_version=2)):
        address = address_of(listener)
        assert refusal(address) == (
            f"--monitor {address}: expected a status of schema version 1; got 2. "
            "Use the daemon's own version of api_hour, or --json."
        )


def test_a_unix_socket_is_looked_for_where_the_daemon_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()
    with pytest.raises(NoAnswer):
        status(Location(monitor="unix:m.sock", chdir=Path("below")), as_json=False)

    assert Path.cwd() == tmp_path / "below"


def test_without_an_address_it_is_not_known_which_daemon() -> None:
    with pytest.raises(ConfigError) as caught:
        status(Location(), as_json=False)

    assert str(caught.value) == (
        "--monitor: expected the address of the daemon's monitor; got none. Give the same --monitor, or the same -c, "
        "or -ac and TARGET, as at its start."
    )
