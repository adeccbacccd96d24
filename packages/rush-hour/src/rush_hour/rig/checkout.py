"""Another revision of an application, checked out beside the one that is here: a git worktree that does not stay."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rush_hour.credentials import cut, printable
from rush_hour.errors import StartError, UsageError
from rush_hour.rig.interpreter import Interpreter, ask
from rush_hour.rig.parts.run_directory import RunDirectory, without_interrupt

GIT_TIMEOUT_S = 120.0  # a large checkout on a slow disk
_WITHOUT_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
_TELL_IMPORT_PATHS = """\
import json, os, sys

paths = list(sys.path)
for finder in sys.meta_path:  # those of packages that are installed to be edited
    mapping = getattr(sys.modules.get(getattr(finder, "__module__", "")), "MAPPING", {})
    paths += [os.path.dirname(path) for path in mapping.values()]
print(json.dumps({"paths": paths, "installed": [sys.prefix, sys.base_prefix]}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A revision, checked out.

    Attributes:
        revision: as it was written: a branch, a tag or a commit.
        commit: its whole name.
        here: the root of the checkout that is here.
        root: that of the other one.
        is_same: whether no file that git knows differs between the two.
    """

    revision: str
    commit: str
    here: Path
    root: Path
    is_same: bool

    def counterpart(self, path: Path) -> Path | None:
        """Return where a file or directory is in the other checkout; None for one that is in none."""
        path = path.resolve()
        return self.root / path.relative_to(self.here) if path.is_relative_to(self.here) else None

    def import_paths(self, interpreter: Interpreter, before: Sequence[str]) -> list[Path]:
        """Return where the other checkout has what an interpreter would import from the one that is here.

        A package that is installed to be edited is found there by each process of its environment.

        Args:
            interpreter: of the application.
            before: what the environment makes it look through before its own paths.

        Raises:
            StartError: the interpreter does not run.
        """
        told = ask(interpreter.python, _TELL_IMPORT_PATHS)
        paths = [Path(path) for path in [*before, *told["paths"]] if path]
        installed = [Path(path).resolve() for path in told["installed"]]
        ours = [path for path in paths if not any(path.resolve().is_relative_to(prefix) for prefix in installed)]
        return list(dict.fromkeys(found for path in ours if (found := self.counterpart(path)) is not None))


@contextmanager
def checked_out(revision: str, directory: Path) -> Iterator[Checkout]:
    """Check a revision out in a directory of its own, which is gone after the block.

    Args:
        revision: a branch, a tag or a commit.
        directory: in the checkout that it is a revision of.

    Raises:
        UsageError: there is no checkout around the directory, or no such revision in it.
        StartError: git could not check it out.
    """
    here = Path(_told(directory, "--paired: expected a directory in a git checkout", "rev-parse", "--show-toplevel"))
    wanted = f"--paired: expected a branch, a tag or a commit of {here}"
    words = ("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    commit = _told(here, f"{wanted}, got {revision!r}", *words)
    with RunDirectory() as run_directory:
        root = run_directory.path / "checkout"
        try:
            with without_interrupt():
                added = _git(here, "worktree", "add", "--detach", "--quiet", str(root), commit)
            if added.returncode != 0:
                raise StartError(f"git does not check out {revision!r}: {_last_line(added)}")
            is_same = _git(here, "diff", "--quiet", commit, "--").returncode == 0
            yield Checkout(revision=revision, commit=commit, here=here.resolve(), root=root, is_same=is_same)
        finally:
            with without_interrupt():
                _git(here, "worktree", "remove", "--force", str(root))


def _told(directory: Path, expected: str, *words: str) -> str:
    """Return what git says.

    Raises:
        UsageError: it says that something is wrong.
    """
    said = _git(directory, *words)
    if said.returncode != 0:
        raise UsageError(f"{expected}; git says: {_last_line(said)}.")
    return said.stdout.strip()


def _git(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run git.

    Raises:
        StartError: there is none, or it takes too long.
    """
    command = ["git", "-C", str(directory), *_WITHOUT_HOOKS, *words]
    try:
        return subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            check=False,
            timeout=GIT_TIMEOUT_S,
            start_new_session=True,  # Ctrl-C is for us, who tidy up by it
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StartError(f"git does not run: {error}") from error


def _last_line(said: subprocess.CompletedProcess[str]) -> str:
    lines = said.stderr.strip().splitlines() or [f"exit code {said.returncode}"]
    return cut(printable(lines[-1])).removesuffix(".")
