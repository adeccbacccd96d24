"""Comparisons as Markdown."""

from compared_systems import compared, repeated
from made_systems import Maker, bench, system

from rush_hour.report.comparison.markdown import comparisons_markdown


def test_it_is_a_sentence_a_table_and_what_is_to_be_known(make: Maker) -> None:
    main, branch = (bench(repeated(make, "<app>", *us)) for us in ([1000, 1001], [1000, 1001]))

    lines = comparisons_markdown([compared(main, branch)]).splitlines()

    assert lines[0].startswith("**branch and main are the same within ±2 %: ")
    assert (
        lines[2]
        == "| figure | main | branch | difference | verdict | would be found from | runs of one differ by up to |"
    )
    assert lines[3] == "| -- | --: | --: | --: | -- | --: | --: |"
    assert lines[4].startswith("| good answers/s | 1,000 | 1,000 | 0.0 % ± 0.0 % | same |")
    assert lines[-1] == (
        "- They were measured one after the other: what changed on the machine in between is in the difference."
    )


def test_what_cannot_be_compared_is_a_sentence(make: Maker) -> None:
    comparison = compared(bench(system("a", status="failed")), bench(repeated(make, "*b*", 1000)))

    sentence = "**\\*b\\* cannot be compared with a: a was not measured.**"
    assert comparisons_markdown([comparison, comparison]).splitlines() == [sentence, "", sentence]
