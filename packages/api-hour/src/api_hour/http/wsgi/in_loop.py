"""Requests that are answered one at a time, in the thread of the event loop.

Nothing is handed from one thread to another, and thread-local variables and context variables are those of one thread
that answers one request after the other, as they are under servers that fork.

Rule that must hold: from the call of the application to the last byte of its answer, no other call is made.
"""

import asyncio
import io
from contextvars import copy_context
from functools import partial
from typing import IO

from api_hour.http.exchange.answering import Answering
from api_hour.http.exchange.answers import fail, log_failure
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.server_state import ServerState
from api_hour.http.exchange.stream_scope import StreamScope
from api_hour.http.message.errors import ClientGone
from api_hour.http.message.request import Request
from api_hour.http.wsgi.body import is_large, take_whole
from api_hour.http.wsgi.call import Call, WsgiApp
from api_hour.http.wsgi.environ import Environs, set_body
from api_hour.http.wsgi.sending import begin_pieces, send_early_hints, send_whole
from api_hour.http.wsgi.turn import Turn


class InLoop:
    """Answers requests one at a time.

    Args:
        app: the application.
        environs: makes the environ of each request.
        server: what the connections of the server share.
    """

    def __init__(self, app: WsgiApp, environs: Environs, server: ServerState) -> None:
        self._app = app
        self._environs = environs
        self._server = server
        self._turn = Turn()
        self._run = copy_context().run

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
        task = self._server.first_step.start(self._send_pieces(call, exchange, request))
        if task is None:
            self._end(call, request)
        else:
            task.add_done_callback(lambda _task: self._end(call, request), context=self._server.context)
        return task

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
                    await self._send_pieces(call, exchange, request)
                finally:
                    self._end(call, request)

    def _answer(self, exchange: Exchange, request: Request, body: IO[bytes], size_bytes: int) -> Call | None:
        """Call the application, and answer; return its call if the answer comes in pieces."""
        environ = self._environs.of(request, *exchange.ends.of(request))
        set_body(environ, body, size_bytes)
        environ["wsgi.early_hints"] = partial(send_early_hints, exchange, request)
        call = Call(environ, partial(_send_written, exchange, request))
        try:
            whole = self._run(call.begin, self._app)
            if whole is None:
                return call
            send_whole(call, exchange, request, whole)
        except BaseException as error:  # noqa: BLE001  # it is answered
            fail(exchange, request, error)
            self._end(call, request)
            return None
        if call.has_more:
            exchange.flush()  # what the application still does is no matter of the client's
            self._finish(call, request)
        self._turn.give_up()
        return None

    async def _send_pieces(self, call: Call, exchange: Exchange, request: Request) -> None:
        try:
            begin_pieces(call, exchange, request)
            with StreamScope(has_known_end=call.has_known_end) as scope:
                exchange.stream = scope
                try:
                    await self._send_rest(call, exchange)
                finally:
                    exchange.stream = None
            exchange.end_answer()
        except BaseException as error:  # noqa: BLE001  # it is answered
            fail(exchange, request, error)

    async def _send_rest(self, call: Call, exchange: Exchange) -> None:
        """Send the body; between two pieces the loop has its turn."""
        if exchange.is_lost:
            raise ClientGone("the client closed the connection")
        if call.file is not None:
            await exchange.send_file(*call.file)
            return
        piece: bytes | None = call.first_piece
        while piece is not None:
            await exchange.send_piece(piece)
            await asyncio.sleep(0)
            piece = self._run(call.next_piece)

    # The end.

    def _finish(self, call: Call, request: Request) -> None:
        try:
            self._run(call.finish)
        except BaseException as error:  # noqa: BLE001  # nothing that an application raises is silent
            log_failure(request, error, is_client_gone=False, after="after its answer")

    def _end(self, call: Call, request: Request) -> None:
        """Close what the application returned, and let others have their turn."""
        try:
            self._run(call.close)
        except BaseException as error:  # noqa: BLE001  # as above
            log_failure(request, error, is_client_gone=False, after="in close()")
        self._turn.give_up()


def _send_written(exchange: Exchange, request: Request, call: Call, data: bytes) -> None:
    """Send what the application gives to `write()`, at once: what its client does not read waits in memory."""
    begin_pieces(call, exchange, request)
    exchange.write_piece(data)
