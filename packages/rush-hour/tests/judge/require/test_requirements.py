"""What systems are required to keep, read."""

import pytest

from rush_hour.errors import UsageError
from rush_hour.judge.require.requirements import clauses_of, parse_requirements
from rush_hour.results.document import RequireFacts


def test_a_system_has_the_clauses_of_all_and_its_own() -> None:
    facts = RequireFacts(all=["p99 < 1s, good > 99%"], systems={"a": ["p50 < 1ms"], "b": ["p50 < 2ms"]})
    requirements = parse_requirements(facts, what="--require")

    assert [clause.text for clause in requirements.of("a")] == ["p99 < 1s", "good > 99%", "p50 < 1ms"]
    assert [clause.text for clause in requirements.of("c")] == ["p99 < 1s", "good > 99%"]
    assert len(list(requirements.clauses())) == 4


def test_what_is_required_twice_is_one_clause() -> None:
    assert [clause.text for clause in clauses_of(["p99 < 1s", "p50 < 1ms, p99  < 1s"], what="")] == [
        "p99 < 1s",
        "p50 < 1ms",
    ]


def test_a_mistake_says_where_it_was_written() -> None:
    with pytest.raises(UsageError, match="--require: clause 'p99 < 1': expected a duration with its unit"):
        parse_requirements(RequireFacts(systems={"a": ["p99 < 1"]}), what="--require")
