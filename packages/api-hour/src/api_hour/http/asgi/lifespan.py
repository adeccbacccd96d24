"""The life of an ASGI application: started before the first connection, ended after the last (ASGI lifespan 2.0).

Rules that must hold:

1. Whatever the application raises is told: at the start and at the end by who awaits that, in between in the log.
2. An application knows no lifespan if it raises at the sight of the scope, before it has asked for an event, or if it
   sends a message of another protocol, or if it returns without a word. Nothing else is taken for that.
3. After `startup.failed` nothing is waited for, and at the end not longer than said.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable
from typing import Any

from api_hour.config.http_options import HttpOptions
from api_hour.errors import StartError
from api_hour.http.asgi.types import AsgiApp, Message

LOG = logging.getLogger("api_hour.http")

ASGI = {"version": "3.0", "spec_version": "2.0"}

CANCEL_S = 1.0  # that a cancelled lifespan may take


class Lifespan:
    """One application's life, in a task of its own.

    Args:
        app: the application.
        options: whether it has a lifespan, and how long its shutdown may take.

    Attributes:
        state: what the application keeps for its requests; each gets a copy.
    """

    def __init__(self, app: AsgiApp, options: HttpOptions) -> None:
        self._app = app
        self._options = options
        self.state: dict[str, Any] = {}
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[Message]] = {}  # to "startup" and "shutdown"; that may come unasked
        self._has_received = self._speaks_otherwise = False
        self._task: asyncio.Task[BaseException | None] | None = None

    async def startup(self) -> None:
        """Start the application.

        Raises:
            StartError: it says that it cannot, and the message is its own; or it has no lifespan and must have one.
            RuntimeError: it raised; the cause is what.
        """
        if self._options.lifespan == "off":
            return
        loop = asyncio.get_running_loop()
        self._answers = {what: loop.create_future() for what in ("startup", "shutdown")}
        task = loop.create_task(self._run())
        try:
            answer = await self._ask("startup", task, timeout_s=None)
        except asyncio.CancelledError:  # the worker is told to stop
            await self._cancel(task)
            raise
        if answer is not None and answer["type"] == "lifespan.startup.complete":
            self._task = task
            task.add_done_callback(self._note_end)
        elif answer is not None:
            await self._cancel(task)
            raise StartError(f"the application did not start: {answer.get('message', '')}")
        else:
            self._judge(task.result())

    async def shutdown(self) -> None:
        """End the application. Nothing happens if it has ended.

        Raises:
            RuntimeError: it says that it failed, and the message is its own; or it raised, and the cause is what; or
                it took too long.
        """
        task, self._task = self._task, None
        if task is None or task.done():
            return
        limit_s = self._options.graceful_timeout_s
        loop = asyncio.get_running_loop()
        end_at_s = loop.time() + limit_s
        answer = await self._ask("shutdown", task, timeout_s=limit_s)
        if answer is not None and answer["type"] == "lifespan.shutdown.complete":
            await asyncio.wait((task,), timeout=max(0.0, end_at_s - loop.time()))
        if not task.done():
            await self._cancel(task)
            if answer is None:
                raise RuntimeError(f"the application's shutdown did not end within {limit_s:g} s")
        if answer is not None and answer["type"] == "lifespan.shutdown.failed":
            raise RuntimeError(f"the application's shutdown failed: {answer.get('message', '')}")
        if error := _error_of(task):
            raise RuntimeError(f"the application's shutdown raised {_words(error)}") from error

    def _judge(self, error: BaseException | None) -> None:
        """Say what it means that the application has ended in the place of an answer to its startup."""
        is_unknown = error is None or self._speaks_otherwise
        is_unknown = is_unknown or (isinstance(error, Exception) and not self._has_received)
        if is_unknown and self._options.lifespan == "auto":
            LOG.debug("the application knows no lifespan: %r", error)
        elif error is None:
            raise StartError("--lifespan on: expected an application with a lifespan; it returned without starting.")
        else:
            hint = "" if self._options.lifespan == "on" else " (--lifespan off serves it without its startup)"
            raise RuntimeError(f"the application's startup raised {_words(error)}{hint}") from error

    def _note_end(self, task: "asyncio.Task[BaseException | None]") -> None:
        """Tell of a lifespan that dies while the application is served."""
        if self._task is not task:
            return  # it is being ended
        said = self._answers["shutdown"]
        if error := _error_of(task):
            LOG.error("the application's lifespan died, and requests are still served", exc_info=error)
        elif said.done() and said.result()["type"] == "lifespan.shutdown.failed":
            words = said.result().get("message", "")
            LOG.error("the application's lifespan ended, and requests are still served: %s", words)

    # What the application calls, and what it is called by.

    async def _ask(
        self, what: str, task: "asyncio.Task[BaseException | None]", *, timeout_s: float | None
    ) -> Message | None:
        """Send an event; return what the application says to it, or None when it ended instead, or says nothing."""
        answer = self._answers[what]
        self._events.put_nowait({"type": f"lifespan.{what}"})
        await asyncio.wait((answer, task), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None

    async def _receive(self) -> Message:
        self._has_received = True
        return await self._events.get()

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if not kind.startswith("lifespan."):
            self._speaks_otherwise = True
            raise RuntimeError(f"lifespan: expected a message of the lifespan, got {kind!r}")
        what = next((what for what, answer in self._answers.items() if not answer.done()), "nothing")
        if kind not in (f"lifespan.{what}.complete", f"lifespan.{what}.failed"):
            raise RuntimeError(f"lifespan: expected an answer to {what}, got {kind!r}")
        self._answers[what].set_result(message)

    async def _run(self) -> BaseException | None:
        """Run the application, and return what it raised."""
        scope = {"type": "lifespan", "asgi": ASGI, "state": self.state}
        try:
            await self._awaitable(self._app(scope, self._receive, self._send))
        except BaseException as error:  # noqa: BLE001  # it is told, by who looks at the task
            return error
        return None

    def _awaitable(self, returned: Any) -> Awaitable[None]:
        """Refuse what is no application, whatever it knows of lifespans."""
        if inspect.isawaitable(returned):
            return returned
        self._has_received = True
        raise TypeError(f"expected an ASGI application, whose call is awaited; its call returned {returned!r}")

    @staticmethod
    async def _cancel(task: "asyncio.Task[BaseException | None]") -> None:
        task.cancel()
        await asyncio.wait((task,), timeout=CANCEL_S)


def _error_of(task: "asyncio.Task[BaseException | None]") -> BaseException | None:
    """Return what an application raised by itself, not because its task was cancelled."""
    return None if not task.done() or task.cancelled() or task.cancelling() else task.result()


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
