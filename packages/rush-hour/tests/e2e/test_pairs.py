"""Benches of an application as it is, beside another revision of it."""

from pathlib import Path

import pytest
from e2e.rush_hour_process import rush_hour_process
from e2e.small_systems import system, write_suite
from e2e.test_bench import a_free_port
from rig.checkouts import committed, git
from rig.deadlines import TIMEOUT_S

from rush_hour.results.file import read_document

pytestmark = pytest.mark.timeout(8 * TIMEOUT_S)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite in a checkout, whose server was made slower since."""
    here = tmp_path / "here"
    here.mkdir()
    suite = write_suite(here, system("one", "fine", a_free_port()))
    committed(here)
    server = here / "server.py"
    server.write_text(server.read_text().replace("requests += 1", "requests += 1; time.sleep(0.02)"))
    return suite


def test_the_slower_one_is_found_and_nothing_is_left(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    arguments = ("bench", suite, "--paired", "git:main", "--repeats", "3", "-d", "500ms", "--output", output)
    with rush_hour_process(*arguments, directory=tmp_path) as process:
        assert process.wait() in {0, 4}
        process.wait_until_nothing_is_left()

    main, here = read_document(output / "result.json").systems
    assert (main.name, main.commit, main.base) == ("one@main", git(suite.parent, "rev-parse", "main"), None)
    assert (here.name, here.commit, here.base) == ("one", None, "one@main")
    of_here, of_main = (
        [run.result.latency_us.p50 for run in one.runs if run.result.latency_us is not None] for one in (here, main)
    )
    assert min(of_here) >= 20_000 > min(of_main)
    assert git(suite.parent, "worktree", "list").count("\n") == 0


def test_ctrl_c_leaves_no_worktree(suite: Path, tmp_path: Path) -> None:
    with rush_hour_process("bench", suite, "--paired", "git:main", "-d", "60s", directory=tmp_path) as process:
        process.wait_until_it_says("measuring")
        process.press_ctrl_c()
        assert process.wait() == 130
        process.wait_until_nothing_is_left()

    assert git(suite.parent, "worktree", "list").count("\n") == 0


def test_a_revision_that_is_none_is_told_before_anything_starts(suite: Path, tmp_path: Path) -> None:
    with rush_hour_process("bench", suite, "--paired", "git:nothing", directory=tmp_path) as process:
        assert process.wait() == 2
        assert process.err.startswith("rush-hour: --paired: expected a branch, a tag or a commit of ")
    assert not (tmp_path / "rush-hour-results").exists()
