"""The monitor: answers metrics, health and status of the daemon on an address of its own.

It is a thread of the supervisor, so it answers when every worker is blocked or dead, and it never makes the
supervisor's loop wait: the loop leaves a picture of the daemon here, and the thread answers from the last one.

Rules that must hold, so that many or slow clients hurt nobody:

1. One request for each connection, `CONNECTION_LIMIT` connections at most: a new one takes the place of the oldest.
2. A connection is cut after `DEADLINE_S`, whatever was read or written by then.
3. Nothing is waited for but by the selector.
"""

import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.pages import Pages, refusal
from api_hour.supervisor.monitor.question import BadQuestion, Question, QuestionReader

LOG = logging.getLogger("api_hour.supervisor")

CONNECTION_LIMIT = 64
DEADLINE_S = 5.0
ACCEPT_PAUSE_S = 0.1  # after an accept that failed, as it does without a free descriptor

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Monitor:
    """The thread that answers.

    Args:
        listener: the socket that it accepts from, set not to block. Another process may accept from it too.
        pages: what is answered.
        name: what the listener is called when a successor inherits it.
    """

    def __init__(self, listener: socket.socket, pages: Pages, *, name: str = "") -> None:
        self.listener = listener
        self.name = name
        self._pages = pages
        self._picture: tuple[DaemonFacts, float] | None = None  # replaced as a whole, so no lock is needed
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()  # accept nothing more
        self._cut = threading.Event()  # and wait for no client
        self._ours, self._theirs = socket.socketpair()  # wakes the thread
        self._exchanges: dict[socket.socket, Exchange] = {}  # oldest first

    def publish(self, facts: DaemonFacts, now_s: float) -> None:
        """Answer from this picture from now on.

        Args:
            facts: the picture.
            now_s: when it was made, by the monotonic clock.
        """
        self._picture = (facts, now_s)

    def start(self) -> None:
        """Begin to answer."""
        self._thread = threading.Thread(target=self._run, name="api_hour monitor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Accept nothing more; who is connected is answered yet. Does not wait."""
        self._stop.set()
        self._ours.send(b"\0")

    def close(self) -> None:
        """Stop, and cut who is connected; the listening socket is left to whoever has opened it."""
        self._cut.set()
        self.stop()
        if self._thread is not None:
            self._thread.join()
        self._ours.close()
        self._theirs.close()

    # The thread.

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._theirs, READ, lambda: self._on_wake(selector))
            selector.register(self.listener, READ, lambda: self._accept(selector))
            while not self._is_over():
                for key, _ in selector.select(self._time_left_s()):
                    key.data()
                self._cut_late(selector)
            for connection in [*self._exchanges]:
                self._close(selector, connection)

    def _is_over(self) -> bool:
        return self._cut.is_set() or (self._stop.is_set() and not self._exchanges)

    def _on_wake(self, selector: selectors.BaseSelector) -> None:
        self._theirs.recv(64)
        if self.listener in selector.get_map():
            selector.unregister(self.listener)

    def _time_left_s(self) -> float | None:
        deadline_at_s = min((exchange.deadline_at_s for exchange in self._exchanges.values()), default=None)
        return None if deadline_at_s is None else max(0.0, deadline_at_s - time.monotonic())

    def _cut_late(self, selector: selectors.BaseSelector) -> None:
        now_s = time.monotonic()
        for connection, exchange in [*self._exchanges.items()]:
            if exchange.deadline_at_s <= now_s:
                self._close(selector, connection)

    def _accept(self, selector: selectors.BaseSelector) -> None:
        try:
            connection, _ = self.listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it is gone, or another process was faster
        except OSError as error:
            LOG.warning("the monitor cannot accept a connection: %s", error)
            self._stop.wait(ACCEPT_PAUSE_S)
            return
        if len(self._exchanges) == CONNECTION_LIMIT:
            self._close(selector, next(iter(self._exchanges)))
        connection.setblocking(False)
        exchange = Exchange(connection, self._answer, deadline_at_s=time.monotonic() + DEADLINE_S)
        self._exchanges[connection] = exchange
        selector.register(connection, READ, lambda: self._go_on(selector, connection))

    def _go_on(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        exchange = self._exchanges.get(connection)
        if exchange is None:
            return  # cut by another one in this round
        events = exchange.go_on()
        if not events:
            self._close(selector, connection)
        elif selector.get_key(connection).events != events:
            selector.modify(connection, events, lambda: self._go_on(selector, connection))

    def _close(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        del self._exchanges[connection]
        selector.unregister(connection)
        connection.close()

    def _answer(self, question: Question) -> bytes:
        assert self._picture is not None  # one is published before the start
        facts, made_at_s = self._picture
        try:
            answer = self._pages.answer(question, facts, max(0.0, time.monotonic() - made_at_s))
        except Exception:  # a page with a mistake must not take the others down
            LOG.exception("the monitor cannot answer %s", question)
            answer = refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "see the log of the daemon")
        return answer.encode(has_body=question.method != "HEAD")


class Exchange:
    """One connection: a request is read, its answer written, and then what still comes is read until the client closes.

    Without that last part the kernel would reset the connection, and the client might lose the answer (RFC 9112,
    section 9.6).

    Args:
        connection: the socket, set not to block.
        answer: gives the response to a request.
        deadline_at_s: when the connection is cut.
    """

    def __init__(self, connection: socket.socket, answer: Callable[[Question], bytes], *, deadline_at_s: float) -> None:
        self._connection = connection
        self._answer = answer
        self._reader = QuestionReader()
        self._unsent: bytes | None = None  # None before the answer
        self.deadline_at_s = deadline_at_s

    def go_on(self) -> int:
        """Do what can be done now; return what to wait for, 0 for nothing: it is over."""
        try:
            return self._send() if self._unsent else self._read()
        except BlockingIOError:
            return WRITE if self._unsent else READ
        except OSError:
            return 0

    def _read(self) -> int:
        data = self._connection.recv(4096)
        if not data:
            return 0
        if self._unsent is not None:
            return READ  # answered already
        try:
            question = self._reader.feed(data)
            self._unsent = None if question is None else self._answer(question)
        except BadQuestion as error:
            self._unsent = refusal(HTTPStatus.BAD_REQUEST, str(error)).encode()
        return READ if self._unsent is None else self._send()

    def _send(self) -> int:
        assert self._unsent is not None
        sent = self._connection.send(self._unsent)
        self._unsent = self._unsent[sent:]
        if self._unsent:
            return WRITE
        self._connection.shutdown(socket.SHUT_WR)
        return READ
