"""Programs of handlers, as data: what the comparison of first steps with tasks runs.

A program is a tree of steps. Its top is what a callback of the loop does turn by turn: it starts handlers and plain
tasks, completes what they wait for, cancels them. The handlers' own steps are below. What the verbs do is in
`first_step_actions.py` and `first_step_waits.py`; here is only which there are, of what form, how a seed becomes a
program, and which smaller programs there are beside one that shows a difference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

FUTURES = 2  # shared objects of each kind; a step's number says which is meant
HANDLERS_AT_MOST = 3  # started in one callback
DEPTH_AT_MOST = 3
VERBS_PER_PROGRAM = 9  # few, so that they meet each other


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done, to which of the shared objects or in which of its forms, and the steps within."""

    verb: str
    number: int = 0
    steps: tuple["Step", ...] = ()

    def __str__(self) -> str:
        """Show it as in a program's text."""
        within = f"[{', '.join(map(str, self.steps))}]" if self.steps else ""
        return f"{self.verb}{self.number or ''}{within}"


Program = tuple[Step, ...]  # of the verb "turn"

# Verb: how many numbers it knows. Anyone may do these, a callback too.
ACTIONS = {
    "future_set": FUTURES, "future_fail": FUTURES, "future_cancel": FUTURES, "future_callback": FUTURES,
    "future_renew": FUTURES,
    "event_set": 2, "event_clear": 2, "queue_put_nowait": 1, "queue_get_nowait": 1, "cancel_started": 5,
    "cancel_kept": 5, "cancel_child": 3, "cancel_named": 1, "expire": 2, "see_tasks": 1, "see_current": 1,
    "set_variable": 2, "get_variable": 2, "kept_callback": 5,
}  # fmt: skip
# Only a coroutine may do these; they do not wait.
OWN = {
    "cancel_self": 2, "uncancel": 1, "cancelling": 1, "keep": 1, "same_task": 1, "own_callback": 2, "set_name": 1,
    "get_name": 1, "see_coroutine": 1, "see_stack": 1, "see_repr": 1, "store": 1, "hold_weakly": 1, "reset_variable": 2,
    "raise": 9, "return": 1,
}  # fmt: skip
# These may wait.
WAITS = {
    "yield": 1, "bare_yield": 1, "future": FUTURES, "shielded_future": FUTURES, "event_wait": 2, "queue_put": 1,
    "queue_get": 1, "condition_wait": 1, "condition_notify": 2, "join_child": 3, "wait_futures": 3, "itself": 1,
    "foreign_future": 1, "bad_yield": 2, "join_kept": 5, "future_wait_for": FUTURES * 3,
}  # fmt: skip
# These have steps within: coroutine's steps of the same one,
SCOPES = {
    "lock": 2, "semaphore": 1, "timeout": 4, "catch": 1, "catch_cancelled": 2, "finally": 1, "nested": 1, "group": 2,
    "generator": 3, "hold": 1,
}  # fmt: skip
# of another task,
TASKS = {"child": 1, "flight": 2, "shield": 1, "wait_for": 3, "gather": 2, "wait": 3, "as_completed": 1}
# of new handlers,
STARTS = {"start": 2, "start_soon": 1}
# actions.
CALLBACKS = {"soon": 1, "later": 1}

APART = ("turn", "plain_task", "handler", *STARTS, *CALLBACKS)  # what is within may not stand outside

OF_A_COROUTINE = (*ACTIONS, *OWN, *WAITS, *SCOPES, *TASKS, *STARTS, *CALLBACKS)
NUMBERS = ACTIONS | OWN | WAITS | SCOPES | TASKS | STARTS | CALLBACKS


def generate(seed: int, without: frozenset[str] = frozenset()) -> Program:
    """Return the program of a seed, without some verbs, such as `raise`, or some of their forms, such as `raise7`."""
    return _Generator(Random(seed), without).program()  # noqa: S311  # no secret


class _Generator:
    def __init__(self, random: Random, without: frozenset[str]) -> None:
        self._random = random
        self._without = without
        self._verbs = self._choose(OF_A_COROUTINE, VERBS_PER_PROGRAM, without) + self._choose(WAITS, 2, without)
        self._actions = self._choose(ACTIONS, VERBS_PER_PROGRAM, without)

    def _choose(self, verbs: Iterable[str], at_most: int, without: frozenset[str]) -> list[str]:
        known = [verb for verb in verbs if verb not in without]
        return self._random.sample(known, min(len(known), at_most))

    def program(self) -> Program:
        turns = [self._turn() for _ in range(self._random.randint(1, 6))]
        return (Step("turn", 0, (self._start(), *self._actions_at_most(1))), *turns)

    def _turn(self) -> Step:
        steps = [self._action() for _ in range(self._random.randint(0, 2))]
        chance = self._random.random()
        if chance < 0.5:
            steps.append(self._start())
        elif chance < 0.7:
            steps.append(Step("plain_task", 0, self._coroutine(0)))
        return Step("turn", 0, tuple(steps))

    def _start(self) -> Step:
        number_of_handlers = self._random.choice([1, 1, *range(1, HANDLERS_AT_MOST + 1)])
        handlers = tuple(Step("handler", 0, self._coroutine(0)) for _ in range(number_of_handlers))
        return Step("start", self._random.randrange(NUMBERS["start"]), handlers)

    def _coroutine(self, depth: int) -> tuple[Step, ...]:
        return tuple(self._step(depth + 1) for _ in range(self._random.randint(0 if depth else 1, 4 - depth)))

    def _step(self, depth: int) -> Step:
        verb = self._random.choice(self._verbs)
        number = self._random.randrange(NUMBERS[verb])
        if f"{verb}{number}" in self._without:
            return Step("yield")
        if verb in CALLBACKS:
            return Step(verb, number, self._actions_at_most(2))
        if verb not in SCOPES | TASKS | STARTS:
            return Step(verb, number)
        if depth > DEPTH_AT_MOST:
            return Step("yield")
        if verb in STARTS:
            return Step(verb, number, (Step("handler", 0, self._coroutine(depth)),))
        return Step(verb, number, self._coroutine(depth))

    def _action(self) -> Step:
        verb = self._random.choice(self._actions)
        return Step(verb, self._random.randrange(NUMBERS[verb]))

    def _actions_at_most(self, most: int) -> tuple[Step, ...]:
        return tuple(self._action() for _ in range(self._random.randint(0, most))) if self._actions else ()


def smaller(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Yield what `steps` become with one step left out, put in place of the one it is within, or made simpler."""
    for index, step in enumerate(steps):
        before, after = steps[:index], steps[index + 1 :]
        yield (*before, *after)
        if step.verb not in APART:
            yield (*before, *step.steps, *after)
        if step.number:
            yield (*before, replace(step, number=0), *after)
        for within in smaller(step.steps):
            yield (*before, replace(step, steps=within), *after)
