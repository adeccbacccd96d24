"""Runs a program of `first_step_programs.py` both ways, and tells the first thing that differs.

    python first_step_runs.py --programs 100000 [--seed 0] [--without VERB ...] [--source FOLDER]

The loops are asyncio's and uvloop's. Needs no package but uvloop, so that it runs on any interpreter.
"""
# ruff: noqa: T201  # a script prints

import argparse
import asyncio
import contextvars
import gc
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import uvloop
from first_step_actions import act
from first_step_programs import Program, Step, generate, smaller
from first_step_source import OURS, first_step_of
from first_step_waits import run
from first_step_world import AsTasks, AtOnce, FirstStep, Way, World, described, plain, state

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
# What is not asked. A coroutine that is started within a task may begin at once or a turn later: servers start none so.
# On CPython 3.11 a carrier is the coroutine of the task: who asks for that sees it, also in what `repr` shows; and a
# GeneratorExit that is thrown into it is raised without its arguments.
LEFT_OUT_ALWAYS = {"start"}
LEFT_OUT_BEFORE_3_12 = {"see_repr", "see_coroutine", "raise7"}
LEFT_OUT = frozenset(LEFT_OUT_ALWAYS | (LEFT_OUT_BEFORE_3_12 if sys.version_info < (3, 12) else set()))

IDLE_TURNS = 12  # in which all that can happen by itself does
ROUNDS = 20  # of cancelling what goes on

MakeFirstStep = Callable[[asyncio.AbstractEventLoop, contextvars.Context], FirstStep]

MakeWay = Callable[[asyncio.AbstractEventLoop, contextvars.Context], Way]


class Clock:
    """Does what a program does, turn by turn of the loop; then ends all that still waits."""

    def __init__(self, world: World, program: Program) -> None:
        self._world = world
        self._turns = self._each_turn(program)
        self._roots = 0  # started so far, for their labels
        self.error: BaseException | None = None  # what is wrong with the program, or with the clock

    def tick(self) -> None:
        """Do what is due in this turn."""
        try:
            next(self._turns)
        except StopIteration:
            self._world.loop.stop()
        except BaseException as error:  # noqa: BLE001  # raised by who runs the loop
            self.error = error
            self._world.loop.stop()
        else:
            self._world.loop.call_soon(self.tick)

    def _each_turn(self, program: Program) -> Iterator[None]:
        world = self._world
        yield  # in which FirstStep gets ready
        for turn in program:
            world.note("TURN")
            for step in turn.steps:
                self._do(step)
            yield
        yield from self._idle()
        world.note("weakly held", *(held() is not None for held in world.weak))
        act(world, "END", tuple(Step(verb, number) for verb in ("future_set", "event_set") for number in (0, 1)))
        yield from self._idle()
        for _ in range(ROUNDS):
            if not self._cancel_all():
                break
            yield from self._idle()
        else:
            world.note("END", "some did not end")
        yield from self._idle()

    def _idle(self) -> Iterator[None]:
        for _ in range(IDLE_TURNS):
            self._world.note("TURN")
            yield

    def _do(self, step: Step) -> None:
        world = self._world
        if step.verb == "start":
            world.way.schedule(world, [(self._label(), each) for each in step.steps], own_context=bool(step.number))
        elif step.verb == "plain_task":
            label = self._label()
            world.tasks[label] = world.loop.create_task(world.handle(label, step.steps), name=label)
        else:
            act(world, "CLOCK", (step,))

    def _label(self) -> str:
        self._roots += 1
        return f"{self._roots:02}"

    def _cancel_all(self) -> bool:
        tasks = [*(task for _, task in sorted(self._world.tasks.items())), *self._world.children]
        going_on = [task for task in tasks if not task.done()]
        for task in going_on:
            task.cancel("at the end")
        return bool(going_on)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one run: what happened in order, and what Python and the loop complained of, in any order."""

    happened: list[str]
    complaints: list[str]


def run_program(program: Program, loop: asyncio.AbstractEventLoop, make_way: MakeWay) -> Seen:
    """Run a program one way, and close the loop."""
    context = contextvars.copy_context()
    complaints: list[str] = []
    loop.set_exception_handler(lambda _loop, told: complaints.append(complaint(told)))
    try:
        with complaints_to(complaints):
            world = World(loop, context, make_way(loop, context), run, foreign_loop())
            clock = Clock(world, program)
            loop.call_soon(clock.tick)
            loop.run_forever()
            if clock.error is not None:
                raise clock.error
            note_end(world)
            happened = world.seen
            vars(world).clear()  # the loop may have the last callback still
            world.seen, world.over = [], set()  # what is destroyed now notes its end
            gc.collect()
            loop.close()
    finally:
        loop.close()
    return Seen(happened, sorted(complaints))


def note_end(world: World) -> None:
    """Note how all has ended."""
    for label, task in sorted(world.tasks.items()):
        world.note(label, "is", state(task))
    for label, task in world.kept:
        world.note(label, "was kept and is", state(task))
    for task in world.children:
        world.note(plain(task.get_name()), "is", state(task))
    world.note("futures are", *map(state, world.futures))
    world.note("tasks left", len(asyncio.all_tasks(world.loop)))


def complaint(told: dict[str, Any]) -> str:
    """Tell what the loop was told of."""
    error = told.get("exception")
    return f"{plain(told['message'])} {described(error) if error is not None else ''}"


@contextmanager
def complaints_to(complaints: list[str]) -> Iterator[None]:
    """Collect warnings, and errors that cannot be raised."""

    def unraisable(told: Any) -> None:
        complaints.append(f"unraisable {described(told.exc_value)}")

    hook, sys.unraisablehook = sys.unraisablehook, unraisable
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield
        complaints.extend(plain(str(warning.message)) for warning in warned)
    finally:
        sys.unraisablehook = hook


@cache
def foreign_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that never runs."""
    return asyncio.new_event_loop()


@dataclass(frozen=True, slots=True)
class Difference:
    """The first thing that differs, and how it went both ways."""

    at_once: Seen
    as_tasks: Seen

    def __str__(self) -> str:
        """Show what happened until then."""
        lines: list[str] = []
        for one, other in zip_longest(self.at_once.happened, self.as_tasks.happened):
            if one != other:
                return "\n".join([*lines, f"  at once:  {one}", f"  as tasks: {other}"])
            lines.append(f"  both:     {one}")
        return f"  complaints at once:  {self.at_once.complaints}\n  complaints as tasks: {self.as_tasks.complaints}"


def difference(program: Program, loop: str, make_first_step: MakeFirstStep) -> Difference | None:
    """Run a program both ways, and tell what differs."""
    at_once: list[AtOnce] = []

    def tried(loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> Way:
        at_once.append(AtOnce(make_first_step(loop, context)))
        return at_once[0]

    seen = run_program(program, LOOPS[loop](), tried)
    started = at_once.pop().started
    expected = run_program(program, LOOPS[loop](), lambda _loop, _context: AsTasks(started))
    return None if seen == expected else Difference(seen, expected)


def minimised(program: Program, differs: Callable[[Program], bool]) -> Program:
    """Return a smallest program that still differs."""
    while True:
        for candidate in smaller(program):
            if differs(candidate):
                program = candidate
                break
        else:
            return program


@contextmanager
def quick_collection() -> Iterator[None]:
    """Collect garbage only when told to, and look only at what a program has left."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def main() -> int:
    """Run many programs; show the first difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=10_000, help="how many, on each loop")
    parser.add_argument("--seed", type=int, default=0, help="of the first program; each next one has the next")
    parser.add_argument("--without", nargs="*", default=LEFT_OUT, metavar="VERB", help="such as raise, or raise7")
    parser.add_argument("--source", type=Path, default=OURS, help="the folder with the api_hour that is tried")
    options = parser.parse_args()
    make_first_step = first_step_of(options.source)
    with quick_collection():
        for loop in LOOPS:
            if not compare(loop, make_first_step, options):
                return 1
    return 0


def compare(loop: str, make_first_step: MakeFirstStep, options: argparse.Namespace) -> bool:
    """Run the programs on one loop; tell whether none differs."""
    began_at_s = shown_at_s = time.monotonic()
    name = f"CPython {sys.version.split()[0]}, {loop}"
    for index in range(options.programs):
        seed = options.seed + index
        program = generate(seed, frozenset(options.without))
        if difference(program, loop, make_first_step):
            program = minimised(program, lambda smaller: difference(smaller, loop, make_first_step) is not None)
            print(f"{name}: seed {seed} differs; the least program that does:")
            print(*(f"  {turn}" for turn in program), difference(program, loop, make_first_step), sep="\n")
            return False
        if time.monotonic() - shown_at_s > 5:
            shown_at_s = time.monotonic()
            print(f"{name}: {index + 1} of {options.programs} programs", file=sys.stderr)
    print(f"{name}: {options.programs} programs without a difference in {time.monotonic() - began_at_s:.0f} s")
    return True


if __name__ == "__main__":
    sys.exit(main())
