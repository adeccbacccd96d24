from pathlib import Path

from rush_hour.judge.explain.catalogue import SIGNS, settings_table, table
from rush_hour.judge.explain.settings import SETTINGS, fill_in_advice

PAGE = Path(__file__).parents[5] / "docs" / "rush-hour" / "errors.md"


def test_the_page_has_every_code_as_the_tables_say() -> None:
    """Write it again: python -c 'from rush_hour.judge.explain.catalogue import *; print(*table(), sep="\\n")'."""
    text = PAGE.read_text()

    assert "\n".join(table()) in text
    assert "\n".join(settings_table()) in text


def test_every_advice_can_be_given_for_every_server() -> None:
    for sign in SIGNS:
        for program in ("", *SETTINGS):
            advice = fill_in_advice(sign.advice, program)
            assert not advice or (advice.endswith(".") and advice[0].isupper() and "{" not in advice)


def test_what_is_known_is_said_in_a_sentence_without_its_end() -> None:
    assert not [sign for sign in SIGNS if sign.what.endswith(".") or sign.what != sign.what.strip()]
