"""The work on one request in a thread, and what of it is done in the thread of the event loop.

Rules that must hold: only the loop's thread touches the exchange, and nobody does when the answer is over, for then the
exchange serves other requests; and no thread waits for a client that has gone.
"""

import asyncio
import io
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from contextvars import Context
from typing import IO, Any, TypeVar

from api_hour.http.exchange.answers import fail, log_failure
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.failure_answers import http_error_response
from api_hour.http.message.errors import ClientGone, Refusal
from api_hour.http.message.request import Request
from api_hour.http.wsgi.body import incoming_file, take_beginning
from api_hour.http.wsgi.call import Call, Environ, WsgiApp
from api_hour.http.wsgi.environ import set_body
from api_hour.http.wsgi.sending import begin_pieces, send_early_hints, send_whole
from api_hour.http.wsgi.threads import Threads

LOG = logging.getLogger("api_hour.http")

T = TypeVar("T")
OnDone = Callable[["ThreadWork"], object]


class ThreadWork:
    """The work on one request: see `Answering`, and `Stream` while its answer is sent in pieces.

    Args:
        app: the application.
        threads: one of them calls it.
        exchange: the request's.
        request: what is answered.
        environ: what the application is given, but for the body.

    Attributes:
        has_known_end: whether the answer's length is known.
    """

    def __init__(self, app: WsgiApp, threads: Threads, exchange: Exchange, request: Request, environ: Environ) -> None:
        self._app = app
        self._threads = threads
        self._exchange = exchange
        self._loop = exchange.loop
        self._request = request
        self._environ = environ
        self._on_done: list[tuple[OnDone, Context]] = []
        self._reading: asyncio.Task[None] | None = None
        self._thread_id: int | None = None  # of the thread that works on it now
        self._is_over = False  # the exchange is not ours any more
        self._is_ended = False  # nobody waits for the rest of the answer
        self.has_known_end = False
        environ["wsgi.early_hints"] = self._send_early_hints

    # In the loop's thread: as the exchange sees it.

    def begin(self) -> None:
        """Have the application called when its body has come, or enough of it."""
        request = self._request
        if request.incoming is None:
            self._call_with(io.BytesIO(request.body), len(request.body))
        elif request.expects_continue:
            self._call_with(incoming_file(b"", self._read_more), request.content_length)
        else:
            self._reading = self._loop.create_task(self._take_beginning())

    def cancel(self) -> None:
        """Answer for the application, which took too long, or has nobody who waits; its thread goes on."""
        if self._is_over:
            return
        if self._exchange.is_timed_out:
            self._say_where_it_is()
        if self._reading is not None:
            self._reading.cancel()
        fail(self._exchange, self._request, asyncio.CancelledError())
        self._let_go()
        if self._thread_id is None:
            self._end()

    def cancelled(self) -> bool:
        """Say no: it has answered for itself."""
        return False

    def exception(self) -> None:
        """Say none: as above."""

    def add_done_callback(self, callback: OnDone, /, *, context: Context) -> None:
        """Have `callback(self)` called when the thread has nothing more to do."""
        self._on_done.append((callback, context))

    def end(self) -> None:
        """Send nothing more of an answer in pieces."""
        self._is_ended = True

    def _call_with(self, body: IO[bytes], size_bytes: int | None) -> None:
        set_body(self._environ, body, size_bytes)
        self._threads.do(self._call)

    async def _take_beginning(self) -> None:
        incoming = self._request.incoming
        assert incoming is not None
        try:
            beginning = await take_beginning(incoming)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # it is answered
            self._fail(error)
            self._end()
            return
        if incoming.is_read:
            self._call_with(io.BytesIO(beginning), len(beginning))
        else:
            self._call_with(incoming_file(beginning, self._read_more), self._request.content_length)

    def _let_go(self) -> None:
        """Let the connection go on with other things."""
        self._is_over = self._is_ended = True
        self._exchange.stream = None
        self._exchange.let_go()

    def _end(self) -> None:
        self._is_over = True
        on_done, self._on_done = self._on_done, []
        for callback, context in on_done:
            context.run(callback, self)

    # In the loop's thread: what the thread has done there.

    def _send_whole(self, call: Call, body: bytes) -> None:
        if not self._is_over:
            try:
                send_whole(call, self._exchange, self._request, body)
            except (TypeError, ValueError) as error:
                fail(self._exchange, self._request, error)
            if call.has_more:
                self._let_go()
        if not call.has_more:
            self._end()

    async def _send_piece(self, call: Call, piece: bytes) -> None:
        exchange = self._exchange
        if self._is_over or exchange.is_lost:
            raise ClientGone("nobody waits for the rest of the answer")
        if not call.has_begun:
            begin_pieces(call, exchange, self._request)
            self.has_known_end = call.has_known_end
            exchange.stream = self
        if self._is_ended:
            raise ClientGone("nobody waits for the rest of the answer")
        await exchange.send_piece(piece)

    async def _send_file(self, call: Call) -> None:
        assert call.file is not None
        await self._send_piece(call, b"")
        await self._exchange.send_file(*call.file)

    def _end_answer(self) -> None:
        if not self._is_over:
            try:
                self._exchange.end_answer()
            except ValueError as error:
                fail(self._exchange, self._request, error)
            self._let_go()

    def _fail(self, error: BaseException) -> None:
        if not self._is_over:
            fail(self._exchange, self._request, error)
            self._let_go()

    async def _read_incoming(self) -> bytes:
        incoming = self._request.incoming
        assert incoming is not None
        try:
            return await incoming.read()
        except Refusal as refusal:
            if not self._is_over:  # the application cannot know what is wrong with the body
                self._exchange.fail(self._request, http_error_response(self._request, refusal))
                self._let_go()
            raise ClientGone(str(refusal)) from refusal

    def _hint(self, headers: list[tuple[str, str]]) -> None:
        if not self._is_over:
            try:
                send_early_hints(self._exchange, self._request, headers)
            except ValueError as error:
                LOG.warning("early hints of %s %r: %s", self._request.method, self._request.path, error)

    def _say_where_it_is(self) -> None:
        frame = None if self._thread_id is None else sys._current_frames().get(self._thread_id)  # noqa: SLF001  # documented
        if frame is not None:
            stack = "".join(traceback.format_stack(frame)).rstrip()
            LOG.warning(
                "%s %r takes too long; its thread cannot be stopped, and is at:\n%s",
                self._request.method, self._request.path, stack,
            )  # fmt: skip

    # In the thread that works on it.

    def _call(self) -> None:
        """Call the application, and see to it that it is answered."""
        if self._is_over:
            return
        self._thread_id = threading.get_ident()
        call = Call(self._environ, self._send_written)
        end = call.finish
        try:
            whole = call.begin(self._app)
            if whole is None:
                self._send_pieces(call)
            else:
                self._post(self._send_whole, call, whole)
                if not call.has_more:
                    return
        except BaseException as error:  # noqa: BLE001  # it is answered
            self._post(self._fail, error)
            end = call.close
        finally:
            self._thread_id = None
        try:
            end()
        except BaseException as error:  # noqa: BLE001  # nothing that an application raises is silent
            log_failure(self._request, error, is_client_gone=False, after="after its answer")
        self._post(self._end)

    def _send_pieces(self, call: Call) -> None:
        if call.file is not None:
            self._have(self._send_file(call))
        else:
            piece: bytes | None = call.first_piece
            while piece is not None:
                self._have(self._send_piece(call, piece))
                piece = call.next_piece()
        self._post(self._end_answer)

    def _send_written(self, call: Call, data: bytes) -> None:
        self._have(self._send_piece(call, data))

    def _read_more(self) -> bytes:
        return self._have(self._read_incoming())

    def _send_early_hints(self, headers: Iterable[tuple[str, str]]) -> None:
        self._post(self._hint, [*headers])

    def _post(self, callback: Callable[..., object], *arguments: Any) -> None:
        """Have the loop's thread do something, if it still does anything."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _have(self, step: Coroutine[Any, Any, T]) -> T:
        """Have the loop's thread do something, and wait for what comes of it."""
        return asyncio.run_coroutine_threadsafe(step, self._loop).result()
