import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rush_hour.core.expectation import Expectation
from rush_hour.errors import StartError
from rush_hour.load.plan import parse_url
from rush_hour.load.probe import Answer
from rush_hour.load.workload.request import Request
from rush_hour.load.workload.specs import ExpectSpec, RequestSpec, WorkloadSpec
from rush_hour.load.workload.wanted import Wanted, pinned
from rush_hour.load.workload.workload import build_workload
from rush_hour.rig.parts.waiting import Hopeless
from rush_hour.rig.readiness import Asking

GOOD = Answer(status=200, body=b"hello")
BROKEN = Answer(status=500, body=b"no table")
ANYTHING = ExpectSpec()
WRONG = (
    "requests[0]: expected status 2xx for /agents, got 500: no table\n"
    "If this is a good answer, say so: expect = { status = 500 }."
)


def asking_of(
    ask: Callable[[], Answer],
    expect: ExpectSpec = ANYTHING,
    first: Expectation | None = None,
    clock: Callable[[], float] = lambda: 0.0,
) -> Asking:
    """An asking for one request."""
    spec = WorkloadSpec(requests=[RequestSpec(path="/agents", expect=expect)])
    workload = build_workload(spec, Path(), parse_url("http://127.0.0.1:8000/"))
    wanted: list[Wanted] = list(workload.wanted) if first is None else [pinned(first)]

    def asked(_request: Request, _timeout_s: float | None) -> Answer:
        return ask()

    return Asking(workload, wanted, asked, clock=clock)


def outcomes(answers: list[Answer | StartError], times_s: list[float]) -> list[str | None]:
    """What each try said, at each of these times; the last may have been hopeless. A good answer is given twice."""
    now_s, at_s, coming = [0.0], iter(times_s), iter(answers)

    def once() -> Iterator[Answer | StartError]:
        for answer in coming:
            now_s[0] = next(at_s)
            yield from [answer] * (2 if answer == GOOD else 1)

    given = once()

    def ask() -> Answer:
        answer = next(given)
        if isinstance(answer, StartError):
            raise answer
        return answer

    asking, said = asking_of(ask, clock=lambda: now_s[0]), list[str | None]()
    for _ in answers:
        try:
            said.append(asking.try_it())
        except Hopeless as hopeless:
            said.append(f"hopeless: {hopeless}")
    return said


def test_a_good_answer_ends_the_asking() -> None:
    assert outcomes([StartError("refused"), GOOD], [0.0, 9.0]) == ["refused", None]


def test_what_is_answered_is_learned() -> None:
    asking = asking_of(lambda: GOOD)

    assert asking.try_it() is None
    [template] = asking.learned.templates
    assert template.request.expectation == Expectation(statuses=frozenset({200}), body=b"hello", is_guess=True)


def test_a_wrong_answer_that_stays_the_same_for_two_seconds_is_hopeless() -> None:
    assert outcomes([BROKEN, BROKEN, BROKEN], [5.0, 6.9, 7.0]) == [
        WRONG,
        WRONG,
        f"hopeless: has given the same wrong answer for 2 s: {WRONG}",
    ]


@pytest.mark.parametrize(
    "between",
    [StartError("refused"), Answer(status=500, body=b"no view"), Answer(status=404, body=b"no table")],
    ids=["nothing", "another body", "another status"],
)
def test_an_answer_that_changes_goes_on_being_waited_for(between: Answer | StartError) -> None:
    said = outcomes([BROKEN, between, BROKEN, BROKEN], [0.0, 1.9, 2.0, 3.9])

    assert not [what for what in said if what is None or what.startswith("hopeless")]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_status_that_says_not_yet_is_waited_for(status: int) -> None:
    for_now = Answer(status=status, body=b"")

    said = outcomes([for_now, for_now], [0.0, 9.0])

    assert [str(what).partition("\n")[0] for what in said] == [
        f"requests[0]: expected status 2xx for /agents, got {status}"
    ] * 2


def test_another_body_than_is_said_is_told_with_both_digests() -> None:
    wanted, got = (hashlib.sha256(body).hexdigest() for body in (b"good day", b"hello"))

    assert asking_of(lambda: GOOD, ExpectSpec(body=f"sha256:{wanted}")).try_it() == (
        f"requests[0]: expected the body that is said to be good for /agents, got a body with SHA-256 {got}, "
        f"expected {wanted}; it begins with b'hello'"
    )


def test_another_body_than_the_first_systems_is_told_with_the_difference() -> None:
    first = Expectation(statuses=frozenset({200}), body=b"help", is_guess=True)

    assert asking_of(lambda: GOOD, first=first).try_it() == (
        "requests[0]: expected the body that the first system answered for /agents, "
        "got a body that differs from byte 3 on (5 bytes, expected 4): b'hello', expected b'help'"
    )


def test_another_document_than_the_first_systems_is_told_with_the_difference() -> None:
    first = Expectation(statuses=frozenset({200}), json='{"a": [1, 2]}')

    assert asking_of(lambda: Answer(status=200, body=b'{"a":[1,2]}'), first=first).try_it() is None
    assert asking_of(lambda: Answer(status=200, body=b'{"a":[1,3]}'), first=first).try_it() == (
        "requests[0]: expected the body that the first system answered for /agents, "
        "got a body whose JSON differs at $.a[1]: 3, expected 2"
    )
