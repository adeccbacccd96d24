"""One request and its answer: its life, its deadline, and what who answers is told of the client and the worker.

Rule that must hold: an answer ends with its last byte. With it the metrics, the time limit and the access log are done,
and the connection goes on, whatever else who answers still does. After that the exchange may serve the next request of
its connection, and is asked for nothing more by who has answered.
"""

import asyncio
from collections.abc import Callable
from time import monotonic

from api_hour.http.exchange.answer import Answer
from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.request_log import RequestLog
from api_hour.http.exchange.requests import Requests
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.message.errors import ClientGone
from api_hour.http.message.request import Request
from api_hour.http.transport.ends import Ends
from api_hour.http.wire.address import Address

BeginAnswering = Callable[["Exchange", Request], Answering | None]


class Exchange(Answer):
    """One request and its answer. A wire is a subclass: see `Answer`.

    Args:
        server: what the connections of the server share.
        begin_answering: see `Application.begin`.
        ends: the two ends of the connection.
        log: is told of each request that is over; None when nobody wants to know.

    Attributes:
        request: what is answered; None between two.
        requests: where it comes from, and what follows it.
        keep_alive: whether its connection goes on after the answer.
        server: as above.
        loop: the running loop.
        ends: as above.
        is_draining: whether the worker is to end soon.
        is_client_gone: whether the client has closed its end. Some close only that, and still read.
        is_timed_out: whether the handler was cancelled because it took too long.
        on_gone: called when the client has closed its end, if it is set.
        on_drain: called when the worker is to end soon, if it is set.
    """

    __slots__ = (
        "_answer_until_s", "_answering", "_begin_answering", "_begun_at_s", "_drained", "_log", "ends",
        "is_client_gone", "is_draining", "is_timed_out", "keep_alive", "loop", "on_drain", "on_gone", "request",
        "requests", "server",
    )  # fmt: skip

    requests: Requests

    def __init__(
        self, server: ServerState, begin_answering: BeginAnswering, ends: Ends, log: RequestLog | None
    ) -> None:
        super().__init__()
        self.server = server
        self.ends = ends
        self.loop = asyncio.get_running_loop()
        self.request: Request | None = None
        self.is_draining = False
        self.is_client_gone = False
        self.is_timed_out = False
        self.keep_alive = True
        self.on_gone: Callable[[], None] | None = None
        self.on_drain: Callable[[], None] | None = None
        self._begin_answering = begin_answering
        self._log = log
        self._drained: asyncio.Event | None = None
        self._answering: Answering | None = None
        self._begun_at_s = 0.0
        self._answer_until_s = 0.0  # in the loop's time; 0 for no limit

    # Its life.

    def expect(self, request: Request) -> None:
        """Take a request whose body is to come before it is answered."""
        self.request = request
        self.has_begun_answer = False

    def forget(self) -> None:
        """Forget a request that has been refused."""
        if self._answering is None:
            self.request = None

    def give_up(self) -> None:
        """Forget a request that is not answered: its body will not come."""
        if self._log is not None and self.request is not None and self._answering is None:
            self._log.end(self.request, duration_s=0.0, is_whole=False)
        self.forget()

    def begin(self, request: Request) -> None:
        """Have a request answered."""
        server = self.server
        request.connection = self
        self.request = request
        self.has_begun_answer = self.has_ended_answer = self.is_timed_out = False
        if server.limits.request_timeout_s:
            self._answer_until_s = server.now_s + server.limits.request_timeout_s
        if server.stats is not None:
            server.stats.begin()
        self._begun_at_s = monotonic()
        answering = self._begin_answering(self, request)
        if answering is None:
            self._finish()
            return
        server.works.add(answering)
        answering.add_done_callback(self._on_done, context=server.context)
        if self.has_ended_answer:  # what goes on is not the answer
            self._finish()
        else:
            self._answering = answering

    def let_go(self) -> None:
        """Go on without who answers: the answer is whole, and what else there is to do is no matter of the client's."""
        if self._answering is not None:  # else it is in its first step, and `begin` sees to it
            self._answering = None
            self._finish()
            self.requests.resume_soon()

    def _on_done(self, answering: Answering) -> None:
        self.server.works.discard(answering)
        if answering is not self._answering:
            return
        self._answering = None
        if answering.cancelled() or answering.exception() is not None:
            self.cut()
        self._finish()
        self.requests.resume()

    def _finish(self) -> None:
        server = self.server
        request = self.request
        assert request is not None
        now_s = monotonic()
        if server.stats is not None:
            server.stats.end(now_s - self._begun_at_s)
        if server.outbox.send_by_s < now_s:
            server.outbox.send_all()
        if self._log is not None:
            self._log.end(request, duration_s=now_s - self._begun_at_s, is_whole=self.has_ended_answer)
        self._answer_until_s = 0.0
        if request.incoming is not None:
            request.incoming.fail(ClientGone("the answer to this request is over"))
        self.request = None
        self.requests.end_exchange(request)

    # What ends it before its time.

    def check_deadline(self, now_s: float) -> None:
        """Stop who answers, if that takes too long."""
        if 0.0 < self._answer_until_s <= now_s and self._answering is not None:
            self._answer_until_s = 0.0
            self.is_timed_out = True
            self._answering.cancel()

    def have_no_deadline(self) -> None:
        """Let it take as long as it wants."""
        self._answer_until_s = 0.0

    def cancel(self) -> None:
        """Stop who answers."""
        if self._answering is not None:
            self._answering.cancel()

    def lose(self) -> None:
        """Take note that the connection is lost: who answers may finish, the answer has nowhere to go."""
        self.tell_gone()
        if self.stream is not None:
            self.stream.end()
        self.give_up()

    # The client and the worker.

    def tell_gone(self) -> None:
        """Tell who answers that the client has closed its end."""
        self.is_client_gone = True
        if self.request is not None and self.request.incoming is not None:
            self.request.incoming.fail(ClientGone("the client closed the connection before the end of its body"))
        if self.on_gone is not None:
            self.on_gone()

    def begin_drain(self) -> None:
        """Tell who answers that the worker is to end soon."""
        self.is_draining = True
        if self._drained is not None:
            self._drained.set()
        if self.on_drain is not None:
            self.on_drain()

    async def wait_draining(self) -> None:
        """Wait until the worker is to end soon."""
        if self._drained is None:
            self._drained = asyncio.Event()
            if self.is_draining:
                self._drained.set()
        await self._drained.wait()

    def client_of(self, request: Request) -> Address | None:
        """Return address and port of the client, as trusted proxies say; None for a unix socket's."""
        return self.ends.of(request)[0]

    def scheme_of(self, request: Request) -> str:
        """Return `http` or `https`, as trusted proxies say."""
        return self.ends.of(request)[2]
