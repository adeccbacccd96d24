"""Another revision, checked out for a while."""

import sys
from pathlib import Path

import pytest
from rig.checkouts import committed, git
from rig.environments import made_environment

from rush_hour.errors import UsageError
from rush_hour.rig.checkout import checked_out
from rush_hour.rig.interpreter import Interpreter

EDITABLE = """
import sys
MAPPING = {{"shop": {path!r}}}
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None
sys.meta_path.append(Finder)
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A checkout in which a file was changed since."""
    root = tmp_path / "shop"
    (root / "src" / "shop").mkdir(parents=True)
    (root / "src" / "shop" / "app.py").write_text("one")
    committed(root)
    (root / "src" / "shop" / "app.py").write_text("two")
    return root


def test_a_revision_is_there_for_the_while_and_gone_afterwards(here: Path) -> None:
    with checked_out("main", here / "src") as checkout:
        assert (checkout.root / "src" / "shop" / "app.py").read_text() == "one"
        assert checkout.commit == git(here, "rev-parse", "main")
        assert not checkout.is_same
        assert checkout.counterpart(here / "src") == checkout.root / "src"
        assert checkout.counterpart(here.parent) is None

    assert not checkout.root.exists()
    assert git(here, "worktree", "list").count("\n") == 0
    assert (here / "src" / "shop" / "app.py").read_text() == "two"


def test_it_is_gone_after_ctrl_c_too(here: Path) -> None:
    with pytest.raises(KeyboardInterrupt), checked_out("main", here) as checkout:
        raise KeyboardInterrupt

    assert not checkout.root.exists()
    assert git(here, "worktree", "list").count("\n") == 0


def test_hooks_do_not_run(here: Path, tmp_path: Path) -> None:
    hook = here / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)

    with checked_out("main", here):
        pass

    assert not (tmp_path / "ran").exists()


def test_without_a_change_it_is_the_same(here: Path) -> None:
    git(here, "checkout", ".")

    with checked_out("main", here) as checkout:
        assert checkout.is_same


@pytest.mark.parametrize("revision", ["nothing-such", "--help", "HEAD:src"])
def test_no_revision(here: Path, revision: str) -> None:
    with pytest.raises(
        UsageError, match=f"expected a branch, a tag or a commit of .*/shop, got '{revision}'; git says"
    ):
        checked_out(revision, here).__enter__()


def test_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    with pytest.raises(
        UsageError, match="--paired: expected a directory in a git checkout; git says: fatal: not a git"
    ):
        checked_out("main", tmp_path).__enter__()


@pytest.mark.parametrize("way", ["path file", "finder"])
def test_what_is_installed_to_be_edited_is_imported_from_the_other_checkout(
    here: Path, tmp_path: Path, way: str
) -> None:
    python = made_environment(tmp_path / "venv") / "python"
    packages = tmp_path / "venv" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    if way == "path file":
        (packages / "shop.pth").write_text(f"{here}/src\n{tmp_path}/elsewhere\n")
    else:
        (packages / "shop_finder.py").write_text(EDITABLE.format(path=f"{here}/src/shop"))
        (packages / "shop.pth").write_text("import shop_finder\n")
    before = [str(here), str(tmp_path / "elsewhere"), ""]

    with checked_out("main", here) as checkout:
        paths = checkout.import_paths(Interpreter(python=python, is_own=False), before)

        assert paths == [checkout.root, checkout.root / "src"]


def test_what_is_installed_in_an_environment_of_the_checkout_stays_where_it_is(here: Path) -> None:
    python = made_environment(here / ".venv") / "python"

    with checked_out("main", here) as checkout:
        assert checkout.import_paths(Interpreter(python=python, is_own=False), []) == []
