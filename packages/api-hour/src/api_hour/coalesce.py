"""Strict coalescing of reads: callers who ask the same at the same time share one answer.

The guarantee: every answer comes from an execution that began after its caller had asked. A caller joins only an
execution that has not begun, so a read is as fresh as without coalescing: what was written, and acknowledged, before
the call is seen. (To join one that runs, as singleflight and HTTP caches do, serves what was read before the call.)

    nothing runs    a call begins an execution
    one runs        the calls that come meanwhile form one batch, which begins when the running execution ends

So nobody waits when there is nothing to share, and under load an execution serves all who came during the one before.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterator
from contextvars import Context
from dataclasses import dataclass, field
from functools import update_wrapper
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from api_hour.engines import EngineUnavailable

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")
OfMethod = ParamSpec("OfMethod")
Owner = TypeVar("Owner")

CALLERS_LIMIT = 10_000
_MUTABLE = (list, dict, set, bytearray, memoryview)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoalesceMetrics:
    """Counts of questions and executions; the first three only grow.

    Attributes:
        calls: callers, refused ones too.
        executions: executions that have begun.
        largest_batch: most callers that one execution was begun for.
        callers: callers that wait for an answer now.
    """

    calls: int
    executions: int
    largest_batch: int
    callers: int


class Caller(Protocol):
    """A caller who is to be told: an `asyncio.Future` is one. It is told once, and raises nothing then."""

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""

    def done(self) -> bool:
        """Whether it is not to be told any more."""

    def set_result(self, answer: Any, /) -> None:
        """Take the answer."""

    def set_exception(self, error: BaseException, /) -> None:
        """Take the error of the execution."""

    def cancel(self) -> Any:
        """Take it that the execution was cancelled."""


@dataclass(slots=True, eq=False)
class _Lane(Generic[Answer]):
    """The executions that run and wait for one key in one event loop."""

    key: Hashable
    running: "list[asyncio.Task[None]]" = field(default_factory=list)
    gathering: "Batch[Answer] | None" = None  # the batch that has not begun


@dataclass(slots=True, eq=False)
class Batch(Generic[Answer]):
    """Callers of one execution who wait; those who have left or were told are not in it."""

    lane: _Lane[Answer]
    execute: Callable[[], Coroutine[Any, Any, Answer]]
    callers: "dict[Caller, None]" = field(default_factory=dict)
    task: asyncio.Task[None] | None = None  # once it has begun


class Coalesced(Generic[Arguments, Answer]):
    """A read whose callers share executions; made by `coalesce`."""

    def __init__(
        self,
        read: Callable[Arguments, Coroutine[Any, Any, Answer]],
        *,
        key: Callable[..., Hashable] | None,
        executions: int,
        callers_limit: int,
    ) -> None:
        if executions < 1 or callers_limit < 1:
            raise ValueError(
                f"coalesce: expected executions and callers_limit from 1 on, got {executions!r} and {callers_limit!r}"
            )
        self._read = read
        self._key = key
        self._limit = executions
        self._callers_limit = callers_limit
        self._lanes: dict[Hashable, _Lane[Answer]] = {}
        self._calls = self._executions = self._largest_batch = self._callers = 0
        update_wrapper(self, read)

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Coroutine[Any, Any, Answer]:
        """Ask; the coroutine ends with the answer."""
        return self._ask((), args, kwargs)

    def join(self, caller: Caller, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Batch[Answer]:
        """Ask for a caller that is no coroutine; it is told from the execution's task.

        Args:
            caller: is told the answer, unless it leaves the batch that is returned.
            *args: as in a call.
            **kwargs: as in a call.

        Raises:
            EngineUnavailable: too many callers wait.
            TypeError: the arguments cannot be compared, and no key says what matters.
        """
        return self._join(caller, (), args, kwargs)

    def leave(self, batch: Batch[Answer], caller: Caller) -> None:
        """Let a caller go, who need not be told any more; the last one ends the execution."""
        callers = batch.callers
        if caller not in callers:
            return
        del callers[caller]
        self._callers -= 1
        if callers:
            return
        if batch.task is not None:
            batch.task.cancel()
        else:  # it is the one that gathers
            batch.lane.gathering = None

    @overload
    def __get__(self, instance: None, owner: type) -> "Coalesced[Arguments, Answer]": ...

    @overload
    def __get__(
        self: "Coalesced[Concatenate[Owner, OfMethod], Answer]", instance: Owner, owner: type
    ) -> Callable[OfMethod, Coroutine[Any, Any, Answer]]: ...

    def __get__(self, instance: Any, owner: type) -> Any:
        """Bind to an instance, as a function would: each instance asks for itself."""
        return self if instance is None else MethodType(self._ask_of_instance, instance)

    @property
    def metrics(self) -> CoalesceMetrics:
        """Counts so far, in all event loops together."""
        return CoalesceMetrics(
            calls=self._calls,
            executions=self._executions,
            largest_batch=self._largest_batch,
            callers=self._callers,
        )

    def _ask_of_instance(self, instance: Any, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Answer]:
        return self._ask((instance,), args, kwargs)

    async def _ask(self, instance: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
        caller: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        batch = self._join(caller, instance, args, kwargs)
        try:
            return await caller
        finally:
            if caller.cancelled():
                self.leave(batch, caller)

    def _join(
        self, caller: Caller, instance: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Batch[Answer]:
        self._calls += 1
        if self._callers >= self._callers_limit:
            raise EngineUnavailable(f"{self._name} is unavailable: {self._callers_limit} callers wait already")
        key = _key_of_call(args, kwargs) if self._key is None else self._key(*instance, *args, **kwargs)
        loop = caller.get_loop()
        lane = self._lane((loop, *map(id, instance), key))  # an instance lives, and keeps its id, while it is asked
        batch = lane.gathering
        if batch is None:
            batch = lane.gathering = Batch(lane, lambda: self._read(*instance, *args, **kwargs))
            self._begin_if_possible(loop, lane)
        batch.callers[caller] = None
        self._callers += 1
        return batch

    @property
    def _name(self) -> str:
        return getattr(self._read, "__qualname__", repr(self._read))

    def _lane(self, key: Hashable) -> _Lane[Answer]:
        try:
            lane = self._lanes.get(key)
        except TypeError as error:
            raise TypeError(f"{self._name}: {error}; to coalesce, arguments are hashable, or key= says one") from error
        if lane is None:
            lane = self._lanes[key] = _Lane(key)
        return lane

    def _begin_if_possible(self, loop: asyncio.AbstractEventLoop, lane: _Lane[Answer]) -> None:
        """Start a task for the batch; who asks before its first step still joins.

        It has nobody's context variables: its callers may have different ones.
        """
        if len(lane.running) < self._limit:
            lane.running.append(loop.create_task(self._run(loop, lane), context=Context()))

    async def _run(self, loop: asyncio.AbstractEventLoop, lane: _Lane[Answer]) -> None:
        task = asyncio.current_task()
        assert task is not None
        batch, lane.gathering = lane.gathering, None
        try:
            if batch is not None:  # else all who asked have left
                batch.task = task
                await self._execute(batch)
        finally:
            lane.running.remove(task)
            self._go_on(loop, lane)

    def _go_on(self, loop: asyncio.AbstractEventLoop, lane: _Lane[Answer]) -> None:
        if lane.gathering is not None:
            self._begin_if_possible(loop, lane)
        elif not lane.running:
            del self._lanes[lane.key]

    async def _execute(self, batch: Batch[Answer]) -> None:
        if all(caller.done() for caller in batch.callers):
            self._take_callers(batch)
            return  # they have left just now
        self._executions += 1
        self._largest_batch = max(self._largest_batch, len(batch.callers))
        try:
            answer = await batch.execute()
            self._check(answer)
        except asyncio.CancelledError:
            for caller in self._take_callers(batch):
                caller.cancel()
            raise
        except BaseException as error:  # noqa: BLE001  # it is the callers' to handle, `SystemExit` too
            for caller in self._take_callers(batch):
                caller.set_exception(error)
        else:
            for caller in self._take_callers(batch):
                caller.set_result(answer)

    def _take_callers(self, batch: Batch[Answer]) -> "Iterator[Caller]":
        """Return those who are to be told now; nobody waits any more."""
        callers, batch.callers = batch.callers, {}
        self._callers -= len(callers)
        return (caller for caller in callers if not caller.done())

    def _check(self, answer: Answer) -> None:
        if isinstance(answer, _MUTABLE):
            raise TypeError(
                f"{self._name}: expected an immutable answer, got a {type(answer).__name__}, which its callers would "
                "share; return bytes, str or a tuple"
            )


@overload
def coalesce(read: Callable[Arguments, Coroutine[Any, Any, Answer]], /) -> Coalesced[Arguments, Answer]: ...


@overload
def coalesce(
    *, key: Callable[..., Hashable] | None = None, executions: int = 1, callers_limit: int = CALLERS_LIMIT
) -> Callable[[Callable[Arguments, Coroutine[Any, Any, Answer]]], Coalesced[Arguments, Answer]]: ...


def coalesce(
    read: Callable[..., Any] | None = None,
    /,
    *,
    key: Callable[..., Hashable] | None = None,
    executions: int = 1,
    callers_limit: int = CALLERS_LIMIT,
) -> Any:
    """Make an `async def` function or method that reads one whose callers share executions.

        @coalesce
        async def list_agents(self) -> bytes:
            return await self.postgres.fetch_json(LIST_AGENTS)

    Every answer comes from an execution, and so from statements, that began after its caller had asked. What was
    written and acknowledged before the call is seen; answers are not kept. In each worker, callers of one event loop,
    one instance and equal arguments of equal types share. All of them get the same object, which must be immutable.
    An error goes to all callers of its execution, and to nobody after. A caller that is cancelled leaves; the
    execution is cancelled with its last caller.

    Not for work inside a transaction or on a borrowed connection: other callers are not in it. Not for writes, nor for
    volatile functions (`nextval`, `random()`, locks), which are to happen once for each call. Not where the answer
    depends on who asks by anything but the arguments: row-level security, roles, `search_path`. An execution sees
    nobody's context variables.

    Args:
        read: the function.
        key: takes the arguments (and the instance) and says what makes two calls the same; by default all of them do.
        executions: how many may run at a time for one key.
        callers_limit: how many callers may wait in all; the next is told EngineUnavailable.
    """

    def wrap(read: Callable[..., Coroutine[Any, Any, Any]]) -> Coalesced[..., Any]:
        return Coalesced(read, key=key, executions=executions, callers_limit=callers_limit)

    return wrap if read is None else wrap(read)


def _key_of_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Hashable:
    """Tell calls apart by arguments and their types: 1, 1.0 and True are equal, but not the same question."""
    if not args and not kwargs:
        return ()
    named = tuple(sorted(kwargs.items()))
    return args, named, tuple(map(type, args)), tuple(type(value) for _, value in named)
