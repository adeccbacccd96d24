"""The monitor's thread, over real sockets, with clients of every kind."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace

import pytest
from event_loops import TIMEOUT_S
from listening_sockets import listening
from pictured import FACTS, WORKER, facts
from started_process import POLL_S

from api_hour.supervisor.monitor import server as server_module
from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.pages import Answer, Pages
from api_hour.supervisor.monitor.question import Question
from api_hour.supervisor.monitor.server import CONNECTION_LIMIT, Monitor
from api_hour.supervisor.policy.events import DaemonState

GET_LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def started_monitor(
    pictured: DaemonFacts = FACTS, *, listener: socket.socket | None = None, pages: Pages | None = None
) -> Iterator[Monitor]:
    """Start a monitor that shows a picture made just now; its thread is gone at the end."""
    with ExitStack() as stack:
        if listener is None:
            [listener] = stack.enter_context(listening())
        monitor = stack.enter_context(closing(Monitor(listener, pages or Pages())))
        monitor.publish(pictured, time.monotonic())
        monitor.start()
        yield monitor
    assert "api_hour monitor" not in {thread.name for thread in threading.enumerate()}


def connect(monitor: Monitor) -> socket.socket:
    return socket.create_connection(monitor.listener.getsockname(), TIMEOUT_S)


def read_all(client: socket.socket) -> bytes:
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def exchange(monitor: Monitor, data: bytes) -> bytes:
    with connect(monitor) as client:
        client.sendall(data)
        return read_all(client)


def wait_until_cut(client: socket.socket) -> None:
    """Wait until the server has closed, with or without a reset."""
    with suppress(ConnectionResetError):
        while client.recv(65536):
            pass


def wait_for_connections(monitor: Monitor, count: int) -> None:
    end_at_s = time.monotonic() + TIMEOUT_S
    while len(monitor._exchanges) != count:
        assert time.monotonic() < end_at_s, f"{len(monitor._exchanges)} connections, not {count}"
        time.sleep(POLL_S)


def wait_for_no_thread() -> None:
    end_at_s = time.monotonic() + TIMEOUT_S
    while "api_hour monitor" in {thread.name for thread in threading.enumerate()}:
        assert time.monotonic() < end_at_s, "the thread does not end"
        time.sleep(POLL_S)


def is_live(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 200 OK\r\n") and b'{"live":true,"age_s":' in answer


def test_every_request_is_answered_from_the_last_picture() -> None:
    with started_monitor(facts(state=DaemonState.BOOTING, workers=())) as monitor:
        assert b"\r\n\r\n" + b'{"ready":false' in exchange(monitor, b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n")
        monitor.publish(FACTS, time.monotonic())
        assert b"\r\n\r\n" + b'{"ready":true' in exchange(monitor, b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"\napi_hour_requests_total 2400.0\n" in exchange(monitor, b"GET /metrics HTTP/1.0\r\n\r\n")


def test_a_picture_that_is_old_says_that_the_supervisor_does_not_run() -> None:
    with started_monitor() as monitor:
        monitor.publish(FACTS, time.monotonic() - 60)

        assert exchange(monitor, GET_LIVE).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")


def test_head_has_no_body() -> None:
    with started_monitor() as monitor:
        answer = exchange(monitor, b"HEAD /health/live HTTP/1.1\r\nHost: a\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")


def test_what_is_no_request_is_said() -> None:
    with started_monitor() as monitor:
        answer = exchange(monitor, b"nonsense\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.endswith(b'{"error":"bad request: Invalid method encountered"}')


def test_a_client_that_sends_a_body_gets_its_answer_and_no_reset() -> None:
    with started_monitor() as monitor:
        head = b"POST /status HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
        answer = exchange(monitor, head + b"x" * 1_000_000)

    assert answer.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")


def test_a_request_may_come_byte_by_byte() -> None:
    with started_monitor() as monitor, connect(monitor) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in GET_LIVE:
            client.sendall(bytes([byte]))
        assert is_live(read_all(client))


def test_clients_that_say_nothing_do_not_keep_others_out() -> None:
    with started_monitor() as monitor, ExitStack() as stack:
        silent = [stack.enter_context(connect(monitor)) for _ in range(CONNECTION_LIMIT)]
        wait_for_connections(monitor, CONNECTION_LIMIT)
        for _ in range(3):
            assert is_live(exchange(monitor, GET_LIVE))
        assert len(monitor._exchanges) <= CONNECTION_LIMIT

        silent[-1].sendall(GET_LIVE)
        assert is_live(read_all(silent[-1]))  # the newest of them was not cut
        wait_until_cut(silent[0])


def test_a_client_that_says_and_reads_nothing_is_cut_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "DEADLINE_S", 0.1)
    many = tuple(replace(WORKER, worker_id=worker_id) for worker_id in range(20_000))
    with started_monitor(facts(workers=many)) as monitor, ExitStack() as stack:
        silent, deaf, half = (stack.enter_context(connect(monitor)) for _ in range(3))
        deaf.sendall(b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n")
        half.sendall(b"GET /status HTTP/1.1\r\nHo")
        for client in (silent, half):
            wait_until_cut(client)
        wait_for_connections(monitor, 0)  # the deaf one too, with most of its answer unsent


def test_a_long_answer_reaches_a_client_that_reads_slowly() -> None:
    many = tuple(replace(WORKER, worker_id=worker_id) for worker_id in range(20_000))
    with started_monitor(facts(workers=many)) as monitor, connect(monitor) as client:
        client.sendall(b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n")
        first = client.recv(10)
        others = exchange(monitor, GET_LIVE)
        answer = first + read_all(client)

    assert is_live(others)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}\r\n".encode() in head
    assert body.endswith(b"}")


def test_a_client_that_resets_hurts_nobody() -> None:
    with started_monitor() as monitor:
        for data in (b"", b"GET", GET_LIVE):
            client = connect(monitor)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # close resets
            client.sendall(data)
            client.close()
        assert is_live(exchange(monitor, GET_LIVE))
        wait_for_connections(monitor, 0)


def test_two_monitors_may_share_a_socket() -> None:
    with listening() as [listener], started_monitor(listener=listener) as first:
        second = Monitor(listener, Pages())
        with closing(second):
            second.publish(FACTS, time.monotonic())
            second.start()
            assert all(is_live(exchange(first, GET_LIVE)) for _ in range(20))
            first.stop()
            assert all(is_live(exchange(second, GET_LIVE)) for _ in range(3))


def test_a_monitor_that_stops_answers_who_is_connected_and_leaves_the_others_to_the_next() -> None:
    with started_monitor() as monitor, connect(monitor) as client:
        wait_for_connections(monitor, 1)
        monitor.stop()
        client.sendall(GET_LIVE)
        assert is_live(read_all(client))
        client.close()
        wait_for_no_thread()
        with connect(monitor) as later, closing(Monitor(monitor.listener, Pages())) as successor:
            later.sendall(GET_LIVE)
            successor.publish(FACTS, time.monotonic())
            successor.start()
            assert is_live(read_all(later))


def test_a_monitor_that_is_closed_cuts_who_is_connected() -> None:
    with ExitStack() as stack:
        with started_monitor() as monitor:
            clients = [stack.enter_context(connect(monitor)) for _ in range(2)]
            wait_for_connections(monitor, 2)
            monitor.stop()
        for client in clients:
            wait_until_cut(client)


def test_a_page_with_a_mistake_is_said_in_the_log_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    class Mistaken(Pages):
        def answer(self, question: Question, facts: DaemonFacts, age_s: float) -> Answer:
            if question.path == "/metrics":
                raise ZeroDivisionError
            return super().answer(question, facts, age_s)

    with started_monitor(pages=Mistaken()) as monitor:
        answer = exchange(monitor, b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        assert is_live(exchange(monitor, GET_LIVE))

    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert answer.endswith(b'{"error":"internal server error: see the log of the daemon"}')
    [record] = caplog.records
    assert record.getMessage() == ("the monitor cannot answer Question(method='GET', path='/metrics', accept='')")
    assert record.exc_info is not None


class Refusing(socket.socket):
    """A listening socket whose first accepts fail, as without a free descriptor."""

    failures = 2

    def accept(self) -> tuple[socket.socket, object]:
        if self.failures:
            self.failures -= 1
            raise OSError(24, "Too many open files")
        return super().accept()


def test_a_connection_that_cannot_be_accepted_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with Refusing(socket.AF_INET) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        with started_monitor(listener=listener) as monitor:
            assert is_live(exchange(monitor, GET_LIVE))

    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "the monitor cannot accept a connection: [Errno 24] Too many open files"
    ] * 2
