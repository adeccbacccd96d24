"""Where a program runs: what its handlers share, what they saw, and the two ways to start them.

The two ways are compared turn by turn, exactly. What differs between a first step that is run at once and a task is
only when it runs: in the callback that starts it, or in the next turn of the loop. So where `AtOnce` puts a callback
into the loop's queue which starts handlers, `AsTasks` makes their tasks, and with them puts their first steps into the
same place of that queue: each step of a handler has the same turn and the same neighbours both ways.

A first step may be left to a task of its own, and comes one turn later then (as when it is started within a task).
`AtOnce` notes for each whether its first step had been run when `start` returned, and whether there was a task.
`AsTasks` reads that, and for one that was left to a task puts a callback into the queue which makes the task. Nobody
has the task of a handler which was over after its first step, and so `AsTasks` lets go of that too.

Nothing waits for time: one callback is the clock, which does the program's steps turn by turn.
"""

import asyncio
import re
import weakref
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, Token
from dataclasses import dataclass, field
from typing import Any, Protocol

from first_step_programs import FUTURES, Step

VARIABLES: tuple[ContextVar[str], ...] = (ContextVar("first"), ContextVar("second"))
UNSET = "unset"

Task = asyncio.Task[Any]
Handler = tuple[str, Step]
Run = Callable[["World", "Scope", tuple[Step, ...]], Coroutine[Any, Any, object]]  # steps of a coroutine


@dataclass(frozen=True, slots=True)
class Started:
    """How a handler was started: whether its first step had been run on return, and whether there was a task."""

    at_once: bool
    has_task: bool


@dataclass(slots=True, eq=False)
class Scope:
    """What one coroutine has of its own."""

    label: str
    task: Task | None = None
    tokens: list[tuple[int, Token[str]]] = field(default_factory=list)
    children: int = 0  # made so far, for their labels

    @property
    def is_root(self) -> bool:
        """Tell whether nobody made it but the program itself. Only such wait for what they have not made."""
        return "." not in self.label


class FirstStep(Protocol):
    """What is tried."""

    @property
    def start(self) -> Callable[[Coroutine[Any, Any, None], Context | None], Task | None]:
        """Start a coroutine."""


class Way(Protocol):
    """How handlers are started."""

    def schedule(self, world: "World", handlers: list[Handler], *, own_context: bool) -> None:
        """Start handlers in a callback of the loop, which is put into its queue now."""

    def start_within_task(self, world: "World", handler: Handler) -> None:
        """Start one within a task."""


class World:
    """One run of a program.

    Args:
        context: each handler runs in a copy of it.
        run: does a coroutine's steps.
        foreign_loop: another loop.

    Attributes:
        seen: what happened, in order.
        tasks: of started handlers that were not over after their first step.
        unbegun: tasks whose first step has not been run.
        kept, children: tasks that handlers have kept, or made.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: Context,
        way: Way,
        run: Run,
        foreign_loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.loop = loop
        self.context = context
        self.way = way
        self._run = run
        self.seen: list[str] = []
        self.tasks: dict[str, Task] = {}
        self.unbegun: dict[str, Task | None] = {}
        self.begun: set[str] = set()
        self.over: set[str] = set()
        self.coroutines: dict[str, Coroutine[Any, Any, None]] = {}
        self.kept: list[tuple[str, Task]] = []
        self.children: list[Task] = []
        self.flights: dict[int, Task] = {}
        self.timeouts: dict[int, asyncio.Timeout] = {}
        self.weak: list[weakref.ref[Task]] = []
        self.storage: weakref.WeakKeyDictionary[Task, str] = weakref.WeakKeyDictionary()
        self.foreign_future = foreign_loop.create_future()
        self.futures = [loop.create_future() for _ in range(FUTURES)]
        self.events = [asyncio.Event() for _ in range(2)]
        self.locks = [asyncio.Lock() for _ in range(2)]
        self.condition = asyncio.Condition()
        self.semaphore = asyncio.Semaphore(2)
        self.queue: asyncio.Queue[str] = asyncio.Queue(maxsize=1)

    def note(self, label: str, *words: object) -> None:
        """Add to what happened."""
        self.seen.append(" ".join(map(str, (label, *words))))

    async def handle(self, label: str, steps: tuple[Step, ...]) -> None:
        """Be a handler, or a child."""
        if label in self.unbegun:
            task = self.unbegun.pop(label)
            if task is not None:
                self.tasks[label] = task
            del task
        self.begun.add(label)
        self.note(label, "begins", *variables(), "within a task" if asyncio.current_task() else "without a task")
        try:
            await self._run(self, Scope(label), steps)
        except BaseException as error:
            self.note(label, "raises", described(error))
            raise
        else:
            self.note(label, "returns")
        finally:
            self.over.add(label)

    def coroutine(self, handler: Handler) -> Coroutine[Any, Any, None]:
        """Make a handler's coroutine."""
        label, step = handler
        self.coroutines[label] = coroutine = self.handle(label, step.steps)
        return coroutine

    def make_child(self, label: str, steps: tuple[Step, ...]) -> Task:
        """Make a task both ways."""
        task = self.loop.create_task(self.handle(label, steps), name=label)
        self.children.append(task)
        return task

    def own_context(self, label: str) -> Context:
        """Make the context that a handler is given."""
        context = self.context.copy()
        context.run(VARIABLES[0].set, f"given to {label}")
        return context

    def call_soon(self, label: str, action: Callable[[], None], put: Callable[..., Any] | None = None) -> None:
        """Put a callback into the loop's queue, as a coroutine of the program does."""

        def called() -> None:
            self.note(label, "called", *variables(), "within a task" if asyncio.current_task() else "")
            action()

        (put or self.loop.call_soon)(called)

    def watch(self, label: str, future: "asyncio.Future[Any]") -> None:
        """Note when a future is done, what callbacks see then."""

        def done(future: "asyncio.Future[Any]") -> None:
            self.note(label, "is told of", state(future), *variables(), "in a task" if asyncio.current_task() else "")

        future.add_done_callback(done)


class AtOnce:
    """What is tried: first steps are run by the callback that starts them.

    Args:
        first_step: runs them. If it has `get_ready`, that is called before all.

    Attributes:
        started: how each was started, for `AsTasks`.
    """

    def __init__(self, first_step: FirstStep) -> None:
        self._first_step = first_step
        self.started: dict[str, Started] = {}
        getattr(first_step, "get_ready", _nothing)()

    def schedule(self, world: World, handlers: list[Handler], *, own_context: bool) -> None:
        """Start handlers in a callback of the loop."""
        world.loop.call_soon(self._start_each, world, handlers, own_context, context=world.context)

    def _start_each(self, world: World, handlers: list[Handler], own_context: bool) -> None:
        for handler in handlers:
            self._start(world, handler, world.own_context(handler[0]) if own_context else None)
            if asyncio.current_task() is not None:
                world.note(handler[0], "left a current task")

    def start_within_task(self, world: World, handler: Handler) -> None:
        """Start one within a task."""
        self._start(world, handler, None)

    def _start(self, world: World, handler: Handler, context: Context | None) -> None:
        label = handler[0]
        self._keep(world, label, self._first_step.start(world.coroutine(handler), context))

    def _keep(self, world: World, label: str, task: Task | None) -> None:
        """Keep what came of a start. (A frame that an error's traceback leads back to must not refer to the task.)"""
        has_begun = label in world.begun
        self.started[label] = Started(has_begun, task is not None)
        if task is None:
            if label not in world.over:
                world.note(label, "was said to be over, but is not")
        elif has_begun:
            world.tasks[label] = task
        else:
            world.unbegun[label] = task


class AsTasks:
    """What it is compared with: each handler is a task.

    Args:
        started: how `AtOnce` started them.
    """

    def __init__(self, started: dict[str, Started]) -> None:
        self._started = started

    def schedule(self, world: World, handlers: list[Handler], *, own_context: bool) -> None:
        """Put the first steps of handlers into the loop's queue."""
        for handler in handlers:
            context = world.own_context(handler[0]) if own_context else None
            if self._started.get(handler[0], Started(at_once=True, has_task=True)).at_once:
                self._create(world, handler, context)
            else:
                world.loop.call_soon(self._create, world, handler, context, context=world.context)

    def start_within_task(self, world: World, handler: Handler) -> None:
        """Start one within a task."""
        self._create(world, handler, None)

    def _create(self, world: World, handler: Handler, context: Context | None) -> None:
        label = handler[0]
        task = world.loop.create_task(world.coroutine(handler), context=context or world.context.copy())
        started = self._started.get(label)
        world.unbegun[label] = task if started is None or started.has_task else None


def _nothing() -> None:
    pass


def variables() -> tuple[str, str]:
    """Return the context variables."""
    return VARIABLES[0].get(UNSET), VARIABLES[1].get(UNSET)


def state(future: "asyncio.Future[Any]") -> str:
    """Tell how a future or a task has ended; an exception is not taken as seen by that."""
    requests = f" cancelling {future.cancelling()}" if isinstance(future, asyncio.Task) else ""
    if not future.done():
        return "pending" + requests
    if future.cancelled():
        return "cancelled" + requests
    error = future._exception
    return (described(error) if error else "result") + requests


def described(error: BaseException) -> str:
    """Tell an error without addresses and numbers of tasks, with the one that it was raised from or during."""
    text = f"{type(error).__name__}({plain(str(error))})"
    if isinstance(error, BaseExceptionGroup):
        text += f"[{', '.join(map(described, error.exceptions))}]"
    if error.__cause__ is not None or error.__context__ is not None:
        text += f" from {type(error.__cause__).__name__} in {type(error.__context__).__name__}"
    return text


def plain(text: str) -> str:
    """Leave out what differs between two runs of the same program."""
    return re.sub(r"0x[0-9a-f]+|Task-\d+|:\d+", "…", text)
