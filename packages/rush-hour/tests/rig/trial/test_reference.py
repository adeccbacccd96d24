import pytest

from rush_hour.core.expectation import Expectation
from rush_hour.load.workload.wanted import Wanted
from rush_hour.rig.trial.reference import reference_of


def answered(body: bytes | None, status: int = 200, whose: str = "the first system") -> list[Wanted]:
    statuses = frozenset({status})
    return [Wanted(statuses=statuses, body=Expectation(statuses=statuses, body=body), learned_of=whose)]


def test_what_most_servers_answer_is_the_reference_whichever_came_first() -> None:
    reference = reference_of({"odd": answered(b"two"), "a": answered(b"one"), "b": answered(b"one")}, ["/x"])

    assert reference.wanted == answered(b"one", whose="most servers")
    assert reference.others == {
        "odd": (
            "answers differently: /x has another body than from the 2 others that answer alike: it has a body that "
            "differs from byte 0 on (3 bytes, expected 3): b'two', expected b'one'."
        )
    }


def test_of_two_that_differ_the_first_is_the_reference() -> None:
    reference = reference_of({"a": answered(b"x"), "b": answered(b"y", 404)}, ["/"])

    assert reference.wanted == answered(b"x", whose="a")
    assert reference.others == {"b": "answers differently: / has status 404, and from a status 200."}


@pytest.mark.parametrize(
    ("most", "own", "end"),
    [
        (b"x", None, ": it changes with each request."),
        (None, b"x", ", which change with each request."),
    ],
)
def test_a_body_that_changes_with_one_server_only_is_a_difference(
    most: bytes | None, own: bytes | None, end: str
) -> None:
    answers = {"a": answered(most), "b": answered(most), "c": answered(own)}

    assert reference_of(answers, ["/"]).others == {
        "c": f"answers differently: / has another body than from the 2 others that answer alike{end}"
    }


def test_where_all_answer_alike_nobody_is_out() -> None:
    assert reference_of({"a": answered(b"x"), "b": answered(b"x")}, ["/"]).others == {}
