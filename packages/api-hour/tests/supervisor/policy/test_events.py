"""Words for what has happened."""

import pytest

from api_hour.supervisor.policy.events import describe_exit


@pytest.mark.parametrize(("exit_code", "words"), [(0, "ended with exit code 0"), (-15, "ended by signal 15")])
def test_an_exit_code_is_said_in_words(exit_code: int, words: str) -> None:
    assert describe_exit(exit_code) == words
