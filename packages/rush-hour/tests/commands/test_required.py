"""What a command that measures requires of its result: its exit code, and what is shown."""

from dataclasses import replace

import pytest
from checked_systems import checked
from made_systems import Maker, bench, load, system

from rush_hour.commands.required import check_required, worse_code
from rush_hour.exit_codes import INTERRUPTED, NOT_MET, UNTRUSTED
from rush_hour.results.document import RequireFacts

MET, UNMET, UNTOLD = "p99 < 2ms", "p99 < 1us", "p99.99 < 1s"


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (0, MET, 0),
        (0, UNMET, NOT_MET),
        (0, UNTOLD, UNTRUSTED),
        (UNTRUSTED, MET, UNTRUSTED),
        (UNTRUSTED, UNMET, NOT_MET),
        (UNTRUSTED, UNTOLD, UNTRUSTED),
        (3, UNMET, 3),
        (INTERRUPTED, UNMET, INTERRUPTED),
    ],
)
def test_what_is_not_met_comes_before_what_cannot_be_trusted_and_after_all_else(
    make: Maker, code: int, text: str, expected: int
) -> None:
    assert worse_code(code, checked(load(make.run()), text)) == expected
    assert worse_code(code, None) == code


def test_names_are_shown_without_what_a_terminal_obeys(make: Maker) -> None:
    document = replace(bench(system("a\x1b[31m", make.run())), require=RequireFacts(all=[MET]))

    found = check_required(document)

    assert found is not None
    assert found.systems == ["a\N{REPLACEMENT CHARACTER}[31m"]
