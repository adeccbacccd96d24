"""Requests that are answered one at a time, in the thread of the event loop.

Nothing is handed from one thread to another, and thread-local variables and context variables are those of one thread
that answers one request after the other, as they are under servers that fork.

Rules that must hold: from the call of the application to the last byte of its answer, no other call is made; and the
application sees no event loop running. Django's ORM refuses to work where one does, and `asyncio.run()` does, too.
"""

import asyncio
import io
from collections.abc import Callable, Iterable
from contextvars import copy_context
from typing import IO, Any, TypeVar

from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.answers import fail, log_failure
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.exchange.stream_scope import StreamScope
from api_hour.http.message.errors import ClientGone
from api_hour.http.message.request import Request
from api_hour.http.wsgi.body import is_large, take_whole
from api_hour.http.wsgi.call import Call, Environ, WsgiApp
from api_hour.http.wsgi.environ import Environs, set_body
from api_hour.http.wsgi.outside_loop import call_inside_loop, call_outside_loop
from api_hour.http.wsgi.sending import begin_pieces, send_early_hints, send_whole
from api_hour.http.wsgi.turn import Turn
from api_hour.http.wsgi.watch import Watch

T = TypeVar("T")


class InLoop:
    """Answers requests one at a time.

    Args:
        app: the application.
        environs: makes the environ of each request.
        server: what the connections of the server share.
        longest_call_s: how long a call may take before it is named in the log, in seconds; 0 for any time.
    """

    def __init__(self, app: WsgiApp, environs: Environs, server: ServerState, longest_call_s: float) -> None:
        self._app = app
        self._environs = environs
        self._server = server
        self._longest_call_s = longest_call_s
        self._turn = Turn()
        self._watch: Watch | None = None
        self._context = copy_context()

    def streams_body(self, request: Request) -> bool:
        """Tell whether a body is taken as it comes: one that may go to a file; the application sees it whole."""
        return is_large(request)

    def begin(self, exchange: Exchange, request: Request) -> Answering | None:
        """Answer a request, as far as it can be done at once."""
        if request.incoming is not None or self._turn.is_taken:
            return self._server.first_step.start(self._answer_later(exchange, request))
        self._turn.take()
        call = self._answer(exchange, request, io.BytesIO(request.body), len(request.body))
        if call is None:
            return None
        task = self._server.first_step.start(self._send_pieces(call))
        if task is None:
            self._end(call)
        else:
            task.add_done_callback(lambda _task: self._end(call), context=self._server.context)
        return task

    def shutdown(self) -> None:
        """Have no threads left."""
        if self._watch is not None:
            self._watch.end()
            self._watch = None

    async def _answer_later(self, exchange: Exchange, request: Request) -> None:
        """Answer when the body is whole and it is the turn of this request."""
        try:
            if request.incoming is None:
                body: tuple[IO[bytes], int] = io.BytesIO(request.body), len(request.body)
            else:
                body = await take_whole(request.incoming)
        except BaseException as error:  # noqa: BLE001  # it is answered
            fail(exchange, request, error)
            return
        with body[0]:
            try:
                await self._turn.wait()
            except asyncio.CancelledError as error:
                fail(exchange, request, error)
                return
            call = self._answer(exchange, request, *body)
            if call is not None:
                try:
                    await self._send_pieces(call)
                finally:
                    self._end(call)

    def _answer(self, exchange: Exchange, request: Request, body: IO[bytes], size_bytes: int) -> "LoopCall | None":
        """Call the application, and answer; return its call if the answer comes in pieces."""
        if self._longest_call_s and self._watch is None:
            self._watch = Watch(self._longest_call_s)
        environ = self._environs.of(request, *exchange.ends.of(request))
        set_body(environ, body, size_bytes)
        call = LoopCall(environ, exchange, request)
        try:
            whole = self._run(call, call.begin, self._app)
            if whole is None:
                return call
            send_whole(call, exchange, request, whole)
        except BaseException as error:  # noqa: BLE001  # it is answered
            fail(exchange, request, error)
            self._end(call)
            return None
        if call.has_more:
            exchange.flush()  # what the application still does is no matter of the client's
            self._end(call, by=call.finish)
        else:
            self._turn.give_up()
        return None

    def _run(self, call: "LoopCall", step: Callable[..., T], *arguments: Any) -> T:
        """Have the application do something, in the one context that it has, without a loop, under the watch."""
        watch = self._watch
        if watch is not None:
            watch.request = call.request
        try:
            return call_outside_loop(self._context, step, *arguments)
        finally:
            if watch is not None:
                watch.request = None

    async def _send_pieces(self, call: "LoopCall") -> None:
        exchange = call.exchange
        try:
            begin_pieces(call, exchange, call.request)
            with StreamScope(has_known_end=call.has_known_end) as scope:
                exchange.stream = scope
                try:
                    await self._send_rest(call, exchange)
                finally:
                    exchange.stream = None
            exchange.end_answer()
        except BaseException as error:  # noqa: BLE001  # it is answered
            fail(exchange, call.request, error)

    async def _send_rest(self, call: "LoopCall", exchange: Exchange) -> None:
        """Send the body; between two pieces the loop has its turn."""
        if exchange.is_lost:
            raise ClientGone("the client closed the connection")
        if call.file is not None:
            await exchange.send_file(*call.file)
            return
        piece: bytes | None = call.first_piece
        while piece is not None:
            await exchange.send_piece(call.fitted(piece))
            await asyncio.sleep(0)
            piece = self._run(call, call.next_piece)

    def _end(self, call: "LoopCall", *, by: Callable[[], None] | None = None) -> None:
        """Close what the application returned, and let others have their turn."""
        try:
            self._run(call, by or call.close)
        except BaseException as error:  # noqa: BLE001  # nothing that an application raises is silent
            log_failure(call.request, error, is_client_gone=False, after="after its answer")
        self._turn.give_up()


class LoopCall(Call):
    """A call in the thread of the event loop: what it sends goes out at once, and waits in memory where it cannot.

    Args:
        environ: see `Call`.
        exchange: the request's.
        request: what is answered.

    Attributes:
        exchange: as above.
        request: as above.
    """

    __slots__ = ("exchange", "request")

    def __init__(self, environ: Environ, exchange: Exchange, request: Request) -> None:
        super().__init__(environ)
        self.exchange = exchange
        self.request = request

    def send_written(self, data: bytes) -> None:
        """Send what the application gives to `write()`."""
        call_inside_loop(self.exchange.loop, self._send_written, data)

    def _send_written(self, data: bytes) -> None:
        begin_pieces(self, self.exchange, self.request)
        if data := self.fitted(data):
            self.exchange.write_piece(data)
        self.exchange.flush()  # also a head without a body

    def send_early_hints(self, headers: Iterable[tuple[str, str]]) -> None:
        """Send early hints."""
        call_inside_loop(self.exchange.loop, send_early_hints, self.exchange, self.request, headers)
