"""The base of every data source: connected in the background, again and again, and waited for briefly.

    connecting -> up -> (lost) -> connecting -> down -> up

A subclass says how to open its source, to look after it and to shut it; this class decides when. Rules that must hold:

1. The worker does not wait for a source longer than `Patience.boot_s`, a borrower not longer than `Patience.borrow_s`.
2. As long as the engine is not closed, it tries to connect again, whatever happened.
3. `close()` leaves nothing running.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from random import random
from typing import Any

from api_hour.engines.backoff import Backoff
from api_hour.engines.errors import EngineUnavailable
from api_hour.engines.status import EngineStatus, Patience, State
from api_hour.errors import StartError

LOG = logging.getLogger("api_hour.engines")

NOT_CONNECTED = "not connected: add it to Container.engines, or await connect()"


class Engine:
    """A data source that a worker connects before it serves, keeps connected, and closes after its last answer.

    Args:
        name: how messages call it; by default its key in `Container.engines`.
        required: whether a worker fails to boot when the source does not come up within `patience.boot_s`. Otherwise
            it serves without, and who needs the source is told EngineUnavailable until it comes up.
        patience: how long to wait for what.
        backoff: how long to wait between attempts to connect.

    Attributes:
        failures: what `open` and `check` raise when the source cannot be reached. Anything else is a mistake in the
            program: it ends the boot at once, and later it is logged with its traceback.
    """

    failures: tuple[type[Exception], ...] = (OSError, TimeoutError)
    name = ""
    _state: State = "down"
    _since_at_s = 0.0
    _last_error = NOT_CONNECTED
    _refused = 0
    _is_booted: asyncio.Future[None]  # an exception for a mistake in the program

    def __init__(
        self,
        *,
        name: str = "",
        required: bool = True,
        patience: Patience | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self.name = name
        self.required = required
        self.patience = patience or Patience()
        self.backoff = backoff or Backoff()
        self._keeper: asyncio.Task[None] | None = None
        self._beside: set[asyncio.Task[None]] = set()
        self._is_up = asyncio.Event()
        self._is_wanted = asyncio.Event()  # `open` is to be called

    def __str__(self) -> str:
        return f"engine {self.name or type(self).__name__!r}"

    # For subclasses to define.

    async def open(self) -> None:
        """Connect, or raise one of `failures`. Called again after `lost` and `refill`; cancelled after `connect_s`."""
        raise NotImplementedError(f"{type(self).__name__} must define open()")

    async def check(self) -> None:
        """Raise one of `failures` if the source does not answer. Called now and then; cancelled after `connect_s`."""

    async def shut(self) -> None:
        """Release what `open` made, if anything; work that is under way may take `close_s` to finish."""

    # For the worker.

    async def connect(self) -> None:
        """Begin to connect, and wait until the source is up.

        Raises:
            StartError: it is required, and did not come up in time; the engine is closed.
        """
        self._last_error = ""
        self._enter("connecting")
        self._is_booted = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(), name=str(self))
        try:
            async with asyncio.timeout(self.patience.boot_s):
                await self._is_booted
        except TimeoutError:
            await self._give_up_waiting()

    async def close(self) -> None:
        """Close gracefully: work that is under way may finish. Nothing happens when it is not connected."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        await _end([keeper])
        try:
            await self.shut()
        finally:
            if self._beside:
                await asyncio.wait(self._beside, timeout=self.patience.close_s)
            await _end(self._beside)
            self._last_error = "closed"
            self._enter("down")

    @property
    def status(self) -> EngineStatus:
        """The engine's status now."""
        return EngineStatus(
            name=self.name or type(self).__name__,
            state=self._state,
            since_at_s=self._since_at_s,
            last_error=self._last_error,
            refused=self._refused,
        )

    # For borrowers, through a subclass.

    async def wait_until_up(self) -> None:
        """Wait for a source that was lost.

        Raises:
            EngineUnavailable: it did not come back in time, or has been away for longer than that already.
        """
        if self._state == "up":
            return
        asked_at_s = _now_s()
        try:
            async with asyncio.timeout(self.borrow_patience_s()):
                await self._is_up.wait()
        except TimeoutError:
            raise self.refusal(_now_s() - asked_at_s) from None

    def borrow_patience_s(self) -> float:
        """Time that a borrower may wait from now on.

        Waiting is for short outages: who comes when the source has been away for `borrow_s` is refused at once, so
        that requests do not pile up in a long one.
        """
        if self._state == "up":
            return self.patience.borrow_s
        if self._keeper is None:
            return 0.0
        return max(0.0, self._since_at_s + self.patience.borrow_s - _now_s())

    def refusal(self, waited_s: float, reason: str = "") -> EngineUnavailable:
        """Return the error for a borrower that got no connection, and count it.

        Args:
            waited_s: how long it waited.
            reason: why, if it is not that the source is away.
        """
        self._refused += 1
        if not reason and self._keeper is None:
            reason = self._last_error
        elif not reason:
            reason = f"{self._state} for {_now_s() - self._since_at_s:.1f} s, last error: {self._last_error or 'none'}"
        return EngineUnavailable(f"{self} is unavailable: {reason} (waited {waited_s:.1f} s)")

    # For subclasses to call.

    def lost(self, error: BaseException) -> None:
        """Say that the source is away: it is opened again, and borrowers wait."""
        if self._keeper is None:
            return
        self._last_error = _words(error)
        if self._state == "up":
            LOG.warning("%s is lost: %s", self, self._last_error)
            self._enter("connecting")
        self.refill()

    def refill(self) -> None:
        """Ask for another call of `open`, while what it made before stays in use."""
        self._is_wanted.set()

    def came_up(self) -> None:
        """Say that the source is there, before `open` returns."""
        if self._state != "up":
            LOG.info("%s is up", self)
            self._enter("up")

    def run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run work in the background; when the engine closes it may take `close_s` to finish."""
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    # The keeper.

    async def _keep(self) -> None:
        """Open the source whenever it is to be opened, until the engine closes."""
        failures = 0
        while True:
            self._is_wanted.clear()
            error = await self._try(self.open)
            if error is not None:
                failures += 1
                self._failed(error)
                await asyncio.sleep(self.backoff.delay_s(failures, random()))  # noqa: S311  # nothing secret
            else:
                failures = 0
                self.came_up()
                if not self._is_wanted.is_set() and not self._is_booted.done():
                    self._is_booted.set_result(None)
                await self._look_after()

    async def _look_after(self) -> None:
        """Check the source from time to time, until it is to be opened again."""
        while not self._is_wanted.is_set():
            try:
                async with asyncio.timeout(self.patience.check_interval_s):
                    await self._is_wanted.wait()
            except TimeoutError:
                error = await self._try(self.check)
                if error is not None:
                    self.lost(error)

    async def _try(self, step: Callable[[], Awaitable[None]]) -> Exception | None:
        """Return why a step failed; a mistake in the program ends the boot, and nothing later."""
        try:
            async with asyncio.timeout(self.patience.connect_s):
                await step()
        except self.failures as error:
            return error
        except Exception as error:
            if not self._is_booted.done():
                self._is_booted.set_exception(error)
            else:
                LOG.exception("%s has a mistake", self)
            return error
        return None

    def _failed(self, error: Exception) -> None:
        words = _words(error)
        if self._state == "connecting":
            self._state = "down"  # since it was lost, not since now
        elif words == self._last_error:
            return  # said before
        self._last_error = words
        LOG.warning("%s cannot connect: %s", self, words)

    async def _give_up_waiting(self) -> None:
        """End the boot's wait: the source is not up, or not with all that it should have."""
        if self._state == "up":
            return
        reason = self._last_error or "no attempt has ended yet"
        if self.required:
            await self.close()
            raise StartError(f"{self} did not come up within {self.patience.boot_s:g} s: {reason}")
        LOG.warning("%s did not come up within %g s; the worker serves without it", self, self.patience.boot_s)

    def _enter(self, state: State) -> None:
        self._state = state
        self._since_at_s = _now_s()
        if state == "up":
            self._is_up.set()
        else:
            self._is_up.clear()


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait for their end."""
    tasks = [*tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
