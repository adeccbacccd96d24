"""The work on one request in a thread, and what of it is done in the thread of the event loop.

Rules that must hold: only the loop's thread touches the exchange, and nobody does when the answer is over, for then the
exchange serves other requests; and no thread waits for a client that has gone.
"""

import asyncio
import io
import logging
import threading
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from contextvars import Context
from typing import IO, Any, TypeVar

from api_hour.http.exchange.answers import fail, log_failure
from api_hour.http.exchange.exchange import Exchange
from api_hour.http.exchange.failure_answers import http_error_response
from api_hour.http.exchange.request_ids import enter
from api_hour.http.message.errors import ClientGone, Refusal
from api_hour.http.message.request import Request
from api_hour.http.wsgi.body import incoming_file, take_beginning
from api_hour.http.wsgi.call import Call, Environ, WsgiApp
from api_hour.http.wsgi.environ import set_body
from api_hour.http.wsgi.file_wrapper import FilePart
from api_hour.http.wsgi.sending import begin_pieces, send_early_hints, send_whole
from api_hour.http.wsgi.threads import Threads
from api_hour.http.wsgi.watch import stack_of

LOG = logging.getLogger("api_hour.http")

T = TypeVar("T")
OnDone = Callable[["ThreadWork"], object]


class ThreadWork(Call):
    """The work on one request: see `Answering`, and `Stream` while its answer is sent in pieces.

    Args:
        app: the application.
        threads: one of them calls it.
        exchange: the request's.
        request: what is answered.
        environ: what the application is given, but for the body.
    """

    def __init__(self, app: WsgiApp, threads: Threads, exchange: Exchange, request: Request, environ: Environ) -> None:
        self._app = app
        self._environ: Environ | None = environ
        self._threads = threads
        self._exchange = exchange
        self._loop = exchange.loop
        self._request = request
        self._on_done: list[tuple[OnDone, Context]] = []
        self._reading: asyncio.Task[None] | None = None
        self._thread_id: int | None = None  # of the thread that works on it now
        self._is_over = False  # the exchange is not ours any more
        self._is_ended = False  # nobody waits for the rest of the answer
        self._is_thread_given_up = False

    # In the loop's thread: as the exchange sees it.

    def prepare(self) -> None:
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
            self._give_thread_up()
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
        assert self._environ is not None
        set_body(self._environ, body, size_bytes)
        self._threads.do(self._call)

    async def _take_beginning(self) -> None:
        incoming = self._request.incoming
        assert incoming is not None
        try:
            beginning = await take_beginning(incoming, is_chunked=self._request.is_chunked)
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

    def _send_whole(self, body: bytes) -> None:
        if not self._is_over:
            try:
                send_whole(self, self._exchange, self._request, body)
            except (TypeError, ValueError) as error:
                fail(self._exchange, self._request, error)
            if self.has_more:
                self._let_go()
        if not self.has_more:
            self._end()

    async def _send_piece(self, piece: bytes) -> None:
        exchange = self._exchange
        if self._is_over or exchange.is_lost:
            raise ClientGone("nobody waits for the rest of the answer")
        if not self.has_begun:
            begin_pieces(self, exchange, self._request)
            exchange.stream = self
        if self._is_ended:
            raise ClientGone("nobody waits for the rest of the answer")
        await exchange.send_piece(self.fitted(piece))

    async def _send_file(self, file: FilePart) -> None:
        await self._send_piece(b"")
        await self._exchange.send_file(*file)

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

    def _give_thread_up(self) -> None:
        """Say where the thread is that cannot be stopped, and have another in its place."""
        if self._thread_id is not None:
            self._is_thread_given_up = self._threads.replace_one()
            LOG.warning(
                "%s %r takes too long; its thread cannot be stopped, and is at:\n%s",
                self._request.method, self._request.path, stack_of(self._thread_id),
            )  # fmt: skip

    # In the thread that works on it.

    def _call(self) -> bool:
        """Call the application, and see to it that it is answered; tell whether the thread is to do more."""
        if self._is_over:
            return True
        self._thread_id = threading.get_ident()
        environ, self._environ = self._environ, None
        assert environ is not None
        if self._request.request_id is not None:
            enter(self._request)
        end = self.finish
        try:
            whole = self.begin(self._app, environ)
            if whole is None:
                self._send_pieces()
            else:
                self._post(self._send_whole, whole)
                if not self.has_more:
                    return not self._is_thread_given_up
        except BaseException as error:  # noqa: BLE001  # it is answered
            self._post(self._fail, error)
            end = self.close
        finally:
            self._thread_id = None
        try:
            end()
        except BaseException as error:  # noqa: BLE001  # nothing that an application raises is silent
            log_failure(self._request, error, is_client_gone=False, after="after its answer")
        self._post(self._end)
        return not self._is_thread_given_up

    def _send_pieces(self) -> None:
        if self.file is not None:
            self._have(self._send_file(self.file))
        else:
            piece: bytes | None = self.first_piece
            while piece is not None:
                self._have(self._send_piece(piece))
                piece = self.next_piece()
        self._post(self._end_answer)

    def send_written(self, data: bytes) -> None:
        """Send what the application gives to `write()`."""
        self._have(self._send_piece(data))

    def send_early_hints(self, headers: Iterable[tuple[str, str]]) -> None:
        """Send early hints."""
        self._post(self._hint, [*headers])

    def _read_more(self) -> bytes:
        return self._have(self._read_incoming())

    def _post(self, callback: Callable[..., object], *arguments: Any) -> None:
        """Have the loop's thread do something, if it still does anything."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _have(self, step: Coroutine[Any, Any, T]) -> T:
        """Have the loop's thread do something, and wait for what comes of it."""
        return asyncio.run_coroutine_threadsafe(step, self._loop).result()
