"""Handlers do, see and are told of the same whether their first steps are run at once or they are tasks."""

import pytest
from first_step_actions import ACTIONS, OWN
from first_step_programs import NUMBERS, Program, Step, generate
from first_step_runs import LEFT_OUT, LOOPS, difference, minimised, quick_collection
from first_step_waits import WAITS

from api_hour.http.first_step.first_step import FirstStep

PROGRAMS_AT_A_TIME, TIMES = 250, 4
on_each_loop = pytest.mark.parametrize("loop", LOOPS)


def handlers(*each: tuple[Step, ...]) -> Step:
    """Start handlers in one callback."""
    return Step("start", 0, tuple(Step("handler", 0, steps) for steps in each))


def turn(*steps: Step) -> Step:
    """Do steps in one turn of the loop."""
    return Step("turn", 0, steps)


FUTURE, YIELD, SET = Step("future"), Step("yield"), Step("future_set")
FLIGHT = Step("flight", 0, (FUTURE,))
EXAMPLES: dict[str, Program] = {
    "several wait for one future": (turn(handlers((FUTURE,), (FUTURE,), (FUTURE,))), turn(SET)),
    "they and tasks are woken in the order in which they began to wait": (
        turn(handlers((FUTURE,)), Step("plain_task", 0, (FUTURE,)), handlers((FUTURE,))),
        turn(),
        turn(SET),
    ),
    "single flight": (turn(handlers((FLIGHT,), (FLIGHT,))), turn(handlers((FLIGHT,))), turn(SET)),
    "one only gives way": (turn(handlers((Step("soon"), YIELD, Step("see_tasks")))),),
    "a future that one waits for is completed in the same turn": (turn(handlers((FUTURE,), (SET,))),),
    "a name is one's own": (turn(handlers((Step("set_name"),), (Step("get_name"),))),),
    "what is stored for a task is its own": (turn(handlers((Step("store"),), (Step("store"),))),),
    "what was held weakly goes": (turn(handlers((Step("hold_weakly"),))),),
    "none that is over is listed": (turn(handlers((), (Step("see_tasks"),))),),
    "one is cancelled while it waits": (turn(handlers((FUTURE,))), turn(), turn(Step("cancel_started"))),
    "one is cancelled before its next turn": (turn(handlers((FUTURE,), (Step("cancel_started"),))),),
    "one cancels itself, and goes on": (turn(handlers((Step("cancel_self"), Step("uncancel"), YIELD))),),
    "one waits for itself": (turn(handlers((Step("itself"),))),),
    "one waits for another loop's future": (turn(handlers((Step("foreign_future"),))),),
    "one yields what cannot be waited for": (turn(handlers((Step("bad_yield"),), (Step("bad_yield", 1),))),),
}


@pytest.mark.parametrize("program", EXAMPLES.values(), ids=list(EXAMPLES))
@on_each_loop
def test_a_first_step_is_like_a_tasks(loop: str, program: Program) -> None:
    with quick_collection():
        found = difference(program, loop, FirstStep)
    assert found is None, str(found)


@pytest.mark.parametrize("first", range(0, PROGRAMS_AT_A_TIME * TIMES, PROGRAMS_AT_A_TIME))
@on_each_loop
def test_no_program_tells_first_steps_from_tasks(loop: str, first: int) -> None:
    with quick_collection():
        for seed in range(first, first + PROGRAMS_AT_A_TIME):
            program = generate(seed, LEFT_OUT)
            if difference(program, loop, FirstStep) is not None:
                program = minimised(program, lambda smaller: difference(smaller, loop, FirstStep) is not None)
                text = "\n".join(map(str, program))
                pytest.fail(f"seed {seed}:\n{text}\n{difference(program, loop, FirstStep)}")


def test_every_verb_does_something() -> None:
    assert NUMBERS.keys() == ACTIONS.keys() | OWN.keys() | WAITS.keys()


def test_a_seed_has_one_program() -> None:
    assert generate(1) == generate(1) != generate(2)


def test_a_program_is_made_smaller_as_long_as_it_differs() -> None:
    program = (turn(handlers((YIELD, Step("nested", 0, (Step("future", 1), YIELD))), (YIELD,))), turn(SET))
    assert minimised(program, lambda smaller: "'future'" in str(smaller)) == (turn(handlers((FUTURE,))),)
