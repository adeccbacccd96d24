"""What a worker and its supervisor say to each other."""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from issued import open_descriptors

from api_hour.config.tls_files import TlsFiles
from api_hour.control.messages import Heartbeat, WorkerReport, decode_report, encode_certificates
from api_hour.tls import TlsPem
from api_hour.worker.reporting.control_socket import Commands, Reporter


@pytest.fixture
def control() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Give the supervisor's end and the worker's end of a control socket."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        yield ours, theirs


def test_a_worker_reports_in_lines(control: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = control
    reporter = Reporter(theirs)

    reporter.ready()
    reporter.alive(Heartbeat(requests=3))
    reporter.failed(ValueError("it is"))

    assert reporter.has_served
    assert [decode_report(line) for line in ours.recv(65536).splitlines()] == [
        WorkerReport(state="ready"),
        WorkerReport(state="alive", heartbeat=Heartbeat(requests=3)),
        WorkerReport(state="failed", reason="ValueError: it is"),
    ]


def test_heartbeats_that_nobody_reads_are_left_out_and_every_line_is_whole(
    control: tuple[socket.socket, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = control
    reporter = Reporter(theirs)
    with caplog.at_level(logging.DEBUG):
        while not caplog.messages:
            reporter.alive(Heartbeat(requests=3))

    ours.setblocking(False)
    data = b""
    try:
        while part := ours.recv(1 << 20):
            data += part
    except BlockingIOError:
        pass
    assert {decode_report(line) for line in data.split(b"\n")[:-1]} == {
        WorkerReport(state="alive", heartbeat=Heartbeat(requests=3))
    }
    assert data.endswith(b"\n")
    assert caplog.messages == [
        "the supervisor does not read: a report is left out, and the next heartbeat says all again"
    ]


def test_a_supervisor_that_is_gone_is_said(
    control: tuple[socket.socket, socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = control
    ours.close()

    Reporter(theirs).ready()

    assert caplog.messages == ["cannot reach the supervisor: [Errno 32] Broken pipe"]


def test_commands_are_followed_in_as_many_parts_as_they_come(control: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = control
    heard: list[str] = []
    commands = Commands(theirs, retire=lambda: heard.append("retire"), lost=lambda: heard.append("lost"), replace=print)

    ours.send(b'{"command":"re')
    commands.read()
    assert heard == []
    ours.send(b'tire"}\n{"command":"retire"}\n')
    commands.read()
    assert heard == ["retire", "retire"]
    ours.close()
    commands.read()
    assert heard == ["retire", "retire", "lost"]


def test_a_connection_that_is_reset_is_lost(control: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = control
    heard: list[str] = []
    theirs.send(b"unread")
    ours.close()  # with data unread: the other end is reset

    Commands(theirs, retire=lambda: heard.append("retire"), lost=lambda: heard.append("lost"), replace=print).read()

    assert heard == ["lost"]


def test_certificates_come_as_files_which_are_closed(
    control: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    ours, theirs = control
    sent = [TlsPem(files=TlsFiles(cert="a"), cert=b"certificate", key=b"key")]
    came: list[list[TlsPem]] = []
    (tmp_path / "sent").write_bytes(encode_certificates(sent))
    commands = Commands(theirs, retire=lambda: None, lost=lambda: None, replace=came.append)
    before = open_descriptors()

    with (tmp_path / "sent").open("rb") as file:
        for part in (b'{"command":"cert', b'ificates"}\n', b'{"command":"certificates"}\n{"command":"retire"}\n'):
            socket.send_fds(ours, [part], [] if part.startswith(b"if") else [file.fileno()])
            commands.read()

    assert came == [sent, sent]
    assert open_descriptors() == before


def test_what_is_printed_goes_where_the_supervisor_says(
    control: tuple[socket.socket, socket.socket], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = control
    standard = [os.dup(fd) for fd in (1, 2)]
    before = open_descriptors()
    try:
        with (tmp_path / "new").open("wb") as file:
            socket.send_fds(ours, [b'{"command":"output"}\n'], [file.fileno()])
            Commands(theirs, retire=lambda: None, lost=lambda: None, replace=print).read()
            os.write(1, b"printed\n")
            os.write(2, b"written\n")
    finally:
        for fd, old in zip((1, 2), standard, strict=True):
            os.dup2(old, fd)
            os.close(old)

    assert (tmp_path / "new").read_text() == "printed\nwritten\n"
    assert open_descriptors() == before - len(standard)
    assert capfd.readouterr() == ("", "")


def test_a_command_that_is_not_known_is_refused(control: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = control
    ours.send(b'{"command":"dance"}\n')

    with pytest.raises(msgspec.ValidationError) as caught:
        Commands(theirs, retire=lambda: None, lost=lambda: None, replace=print).read()

    assert str(caught.value) == "Invalid enum value 'dance' - at `$.command`"
