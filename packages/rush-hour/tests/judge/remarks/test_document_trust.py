import pytest
from made_systems import LATE, Maker, bench, system

from rush_hour.judge.remarks.document_trust import trust, why_not
from rush_hour.judge.trust import CHECKS
from rush_hour.results.run import Doubt

OTHERS = Doubt(code="other-load", message="other programs took 80% of it.", hint="Measure again.")
SHARED = Doubt(code="shared-cores", message="the cores were shared.", hint="Use another machine.")
MISSED = Doubt(code="rate-missed", message="5 of 10 were sent.", hint="Lower the rate.")


def test_what_is_trusted_is_said_to_be(make: Maker) -> None:
    judged = trust(bench(system("a", make.run(SHARED)), system("b", make.run(SHARED, MISSED))))

    assert (judged.is_trusted, judged.sentence) == (True, "These figures can be trusted.")
    assert judged.reasons == []
    assert [(remark.about, remark.message) for remark in judged.cautions] == [("all", SHARED.message)]
    assert [(remark.about, remark.message) for remark in judged.findings] == [("b", MISSED.message)]


def test_what_is_not_trusted_has_its_reason_in_the_sentence(make: Maker) -> None:
    doubtful = [system(name, make.run(OTHERS, LATE, trusted=False)) for name in "abcd"]
    sound = system("e", make.run())
    why = "other programs used the machine"

    assert trust(bench(*doubtful)).sentence == f"Do not trust these figures: {why}."
    some = trust(bench(sound, *doubtful[:2]))
    assert (some.is_trusted, some.sentence) == (
        False, f"Do not trust the figures of a and b: {why}. The others can be trusted."
    )  # fmt: skip
    assert [remark.hint for remark in some.reasons] == ["Measure again.", "Leave it a core."]
    assert trust(bench(sound, *doubtful)).sentence == (
        f"Do not trust the figures of 4 of 5 systems: {why}. The others can be trusted."
    )
    assert trust(bench(system("a", make.run(trusted=False)))).sentence == "Do not trust these figures."


def test_nothing_is_not_trusted() -> None:
    judged = trust(bench(system("a", status="failed")))

    assert (judged.is_trusted, judged.sentence) == (False, "Nothing was measured.")


@pytest.mark.parametrize("code", [check.code for check in CHECKS if check.ends_trust])
def test_each_check_that_ends_trust_has_its_words(make: Maker, code: str) -> None:
    doubt = Doubt(code=code, message="seen.", hint="do.")

    judged = trust(bench(system("a", make.run(doubt, trusted=False))))

    assert judged.sentence.startswith("Do not trust these figures: ")
    assert [remark.code for remark in judged.reasons] == [code]


def test_why_not_is_said_in_a_few_words(make: Maker) -> None:
    assert why_not([system("a", make.run(OTHERS, trusted=False))]) == "other programs used the machine"
    assert why_not([system("a", make.run(SHARED))]) == ""
