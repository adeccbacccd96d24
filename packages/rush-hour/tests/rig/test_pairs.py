"""Systems in pairs."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_systems import bench
from rig.checkouts import committed, git
from rig.environments import made_environment

from rush_hour.errors import UsageError
from rush_hour.load.workload.specs import RequestSpec
from rush_hour.results.document import System
from rush_hour.rig.pairs import paired, parse_paired
from rush_hour.rig.suite.digest import digests_of
from rush_hour.rig.suite.suite import Suite
from rush_hour.rig.suite.system_spec import SystemSpec

SHOP = SystemSpec(name="shop", title="Shop", command="{python} -m shop", directory="web", venv="venv")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A checkout with a suite's directory in it, and an environment that looks into it."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "shop.py").write_text("one")
    committed(tmp_path)
    made_environment(tmp_path / "venv")
    return tmp_path


def test_each_system_is_preceded_by_itself_in_the_other_revision(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{here}/web:{{elsewhere}}")
    other = SystemSpec(name="other", title="Other", command="true", env={"A": "1"}, venv="venv")

    with paired("main", [SHOP, other], here) as pairs:
        old_shop, shop, old_other, _ = pairs.systems
        root = str(Path(old_other.directory))
        assert [one.name for one in pairs.systems] == ["shop@main", "shop", "other@main", "other"]
        assert shop is SHOP
        assert old_shop.title == "Shop (main)"
        assert (old_shop.command, old_shop.venv) == (SHOP.command, SHOP.venv)
        assert old_shop.directory == f"{root}/web"
        assert (Path(root) / "web" / "shop.py").read_text() == "one"
        assert old_shop.env == {"PYTHONPATH": f"{root}/web:{here}/web:{{{{elsewhere}}}}"}
        assert old_other.env == {"A": "1", **old_shop.env}


def test_two_benches_of_the_same_pairs_are_known_to_be_of_the_same(here: Path) -> None:
    suite = Suite(name="a", title="A", requests=[RequestSpec(path="/")], systems=[SHOP])
    digests = []
    for _ in range(2):
        with paired("main", [SHOP], here) as pairs:
            digests.append(digests_of(suite, pairs.as_written, here))

    assert digests[0] == digests[1]
    assert digests[0].keys() == {"shop@main", "shop"}


def test_results_say_what_they_are_compared_with(here: Path) -> None:
    with paired("main", [SHOP], here) as pairs:
        old = pairs.marked(System(name="shop@main", title="Shop (main)", status="ok"))
        new = pairs.marked(System(name="shop", title="Shop", status="ok"))

    assert (old.base, old.commit) == (None, pairs.commit)
    assert (new.base, new.commit) == ("shop@main", None)
    assert pairs.is_same

    pairs.check_resumable(bench(old, new))
    with pytest.raises(UsageError, match="--resume: expected shop@main to be what it was, 123; got "):
        pairs.check_resumable(bench(replace(old, commit="123"), new))


def test_without_a_revision_there_are_no_pairs(tmp_path: Path) -> None:
    with paired(None, [SHOP], tmp_path) as pairs:
        assert pairs.systems == [SHOP]
        system = System(name="shop", title="Shop", status="ok")
        assert pairs.marked(system) == system


def test_a_name_of_a_branch_becomes_a_name_of_a_file(here: Path) -> None:
    git(here, "branch", "fix/it")

    with paired("fix/it", [SHOP], here) as pairs:
        assert pairs.systems[0].name == "shop@fix-it"


def test_a_system_elsewhere_has_no_other_revision(here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = SystemSpec(name="b", title="B", command="true", directory=str(tmp_path_factory.mktemp("elsewhere")))

    with pytest.raises(UsageError, match=f"--paired: expected all systems in {here}; b is in {elsewhere.directory}"):
        paired("main", [SHOP, elsewhere], here).__enter__()


def test_a_directory_that_is_new_has_no_other_revision(here: Path) -> None:
    (here / "new").mkdir()
    new = SystemSpec(name="b", title="B", command="true", directory="new")

    with pytest.raises(UsageError, match="--paired: expected the directory of b in 'main'; there is none"):
        paired("main", [new], here).__enter__()


@pytest.mark.parametrize("text", ["main", "git:", "hg:tip"])
def test_another_form(text: str) -> None:
    with pytest.raises(
        UsageError, match="--paired: expected git: and a branch, a tag or a commit, as in git:main; got"
    ):
        parse_paired(text)


def test_the_revision_of_the_form() -> None:
    assert parse_paired("git:feature/a b:c") == "feature/a b:c"
