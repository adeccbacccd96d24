from dataclasses import replace

import pytest
from made_systems import Maker, system

from rush_hour.judge.remarks.remarks import Remark, doubts_by_message, errors_by_message, notes_by_message
from rush_hour.results.evidence import ExplainedError
from rush_hour.results.run import Doubt


def missed(count: str) -> Doubt:
    return Doubt(code="rate-missed", message=f"{count} of 20,000 requests due were sent: busy.", hint="Lower it.")


def test_what_differs_in_its_quantities_alone_is_one_remark_with_the_span_of_each(make: Maker) -> None:
    systems = [
        system("a", make.run(missed("5,513"))),
        system("b", make.run()),
        system("c", make.run(missed("17,940")), make.run(missed("9,000"))),
    ]

    assert doubts_by_message(systems) == [
        Remark(
            systems=("a", "c"),
            is_of_all=False,
            code="rate-missed",
            message="5,513-17,940 of 20,000 requests due were sent: busy.",
            hint="Lower it.",
        )
    ]


def test_what_is_said_of_every_system_with_a_run_is_said_of_all(make: Maker) -> None:
    failed = system("f", status="failed", reason="it ended.")

    [remark] = doubts_by_message([system("a", make.run(missed("1"))), system("b", make.run(missed("2"))), failed])
    [of_one] = doubts_by_message([system("a", make.run(missed("1"))), failed])

    assert (remark.is_of_all, remark.about) == (True, "all")
    assert (of_one.is_of_all, of_one.about) == (False, "a")


def test_other_words_or_another_hint_are_another_remark(make: Maker) -> None:
    one, other = missed("1"), replace(missed("1"), hint="Raise it.")
    refused = replace(missed("1"), message="1 of 20,000 requests due were sent: refused.")

    remarks = doubts_by_message(
        [system(name, make.run(doubt)) for name, doubt in zip("abc", (one, other, refused), strict=True)]
    )

    assert [remark.systems for remark in remarks] == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("it had status 500", "it had status 502"),
        ("bad. It had 12 bytes", "bad. It had 13 bytes"),
        ("127.0.0.1:8001 refused", "127.0.0.1:8002 refused"),
        ("nginx: 104: reset", "nginx: 111: reset"),
        ("got b'00 11'", "got b'22 11'"),
    ],
)
def test_what_is_no_quantity_is_never_a_span(make: Maker, one: str, other: str) -> None:
    doubts = [Doubt(code="x", message=message, hint="") for message in (one, other)]

    remarks = doubts_by_message([system(str(number), make.run(doubt)) for number, doubt in enumerate(doubts)])

    assert [remark.message for remark in remarks] == [one, other]


def test_explained_errors_are_grouped_with_their_advice(make: Maker) -> None:
    error = ExplainedError(
        role="proxy", program="nginx", count=8, what="the system reset the connection", sign="104: x",
        code="reset", advice="Raise it.",
    )  # fmt: skip
    runs = [replace(make.run(), explained_errors=[replace(error, count=count)]) for count in (8, 1_200)]

    assert errors_by_message([system(name, run) for name, run in zip("ab", runs, strict=True)]) == [
        Remark(
            systems=("a", "b"),
            is_of_all=True,
            code="reset",
            message="nginx, 8-1,200 times: the system reset the connection (104: x).",
            hint="Raise it.",
        )
    ]


def test_notes_and_reasons_are_grouped_only_if_they_are_the_same(make: Maker) -> None:
    notes = ["port 80 was taken: 81 was used."]
    interrupted = Doubt(code="interrupted", message="interrupted after 1 of 2 s.", hint="")
    systems = [
        replace(system("a", make.run()), notes=notes),
        replace(system("b", make.run()), notes=notes),
        replace(system("c", make.run()), notes=["port 80 was taken: 82 was used."]),
        system("d", status="failed", reason="it ended."),
        system("e", make.run(interrupted), status="interrupted", reason=interrupted.message),
    ]

    assert [(remark.about, remark.message) for remark in notes_by_message(systems)] == [
        ("a, b", "port 80 was taken: 81 was used."),
        ("c", "port 80 was taken: 82 was used."),
        ("d", "it ended."),
    ]
