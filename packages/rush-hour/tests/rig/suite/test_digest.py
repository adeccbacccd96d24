"""Digests: what changes them, and what does not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from rush_hour.load.workload.specs import RequestSpec, SessionSpec
from rush_hour.rig.suite.digest import digests_of
from rush_hour.rig.suite.suite import DatabaseSpec, LoadDefaults, Suite
from rush_hour.rig.suite.system_spec import SystemSpec

ONE = SystemSpec(name="one", title="One", command="serve {port}")
SUITE = Suite(
    name="s",
    title="S",
    requests=[RequestSpec(path="/", method="POST", body_file="body")],
    session=SessionSpec(data="users.csv"),
    database=DatabaseSpec(load=["schema.sql"]),
    systems=[ONE, SystemSpec(name="two", title="Two", command="serve {port}")],
)


@pytest.fixture
def digest(tmp_path: Path) -> Callable[[Suite], str]:
    """Return the digest of a suite's first system."""
    for name in ("body", "users.csv", "schema.sql"):
        (tmp_path / name).write_text(name)
    return lambda suite: digests_of(suite, suite.systems, tmp_path)["one"]


@pytest.mark.parametrize(
    "changed",
    [
        replace(SUITE, workers=3),
        replace(SUITE, threads=3),
        replace(SUITE, python="python3.14"),
        replace(SUITE, prepare=["migrate"]),
        replace(SUITE, database=None),
        replace(SUITE, session=None),
        replace(SUITE, requests=[RequestSpec(path="/other")]),
        replace(SUITE, systems=[replace(ONE, command="serve --fast {port}")]),
        replace(SUITE, systems=[replace(ONE, env={"A": "b"})]),
    ],
)
def test_what_is_started_or_sent_otherwise_has_another_digest(digest: Callable[[Suite], str], changed: Suite) -> None:
    assert digest(changed) != digest(SUITE)


@pytest.mark.parametrize("name", ["body", "users.csv", "schema.sql"])
def test_so_has_what_a_file_says_otherwise(digest: Callable[[Suite], str], tmp_path: Path, name: str) -> None:
    before = digest(SUITE)

    (tmp_path / name).write_text("another")

    assert digest(SUITE) != before


@pytest.mark.parametrize(
    "same",
    [
        replace(SUITE, systems=SUITE.systems[:1]),
        replace(SUITE, title="Another", rules=["fair"], load=LoadDefaults(rate=1.0)),
        replace(SUITE, systems=[replace(ONE, workers=2, threads=1)]),
    ],
    ids=["without another system", "with other words", "said by the system itself"],
)
def test_what_is_the_same_has_the_same(digest: Callable[[Suite], str], same: Suite) -> None:
    assert digest(same) == digest(SUITE)
