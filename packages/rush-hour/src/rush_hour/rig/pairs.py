"""Systems in pairs: each as it is here, and as it was in another revision."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec.structs import replace as replace_spec

from rush_hour.errors import UsageError
from rush_hour.results.document import Document, System
from rush_hour.rig.checkout import Checkout, checked_out
from rush_hour.rig.interpreter import find_interpreter
from rush_hour.rig.suite.system_spec import SystemSpec

_FORM = re.compile(r"git:(?P<revision>.+)")
_UNFIT_IN_NAME = re.compile(r"[^A-Za-z0-9.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """What is benched.

    Attributes:
        systems: those of the other revision, each before what is here; without one, as they are.
        base_names: of the systems that are here, the name of what each is compared with.
        commit: of the other revision.
        is_same: whether both are the same code.
    """

    systems: Sequence[SystemSpec]
    base_names: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    is_same: bool = False

    @property
    def as_written(self) -> list[SystemSpec]:
        """The same systems without what they have of the place of the checkout: as another bench has them, too."""
        originals = {self.base_names[one.name]: one for one in self.systems if one.name in self.base_names}
        return [replace_spec(originals.get(one.name, one), name=one.name) for one in self.systems]

    def marked(self, system: System) -> System:
        """Return a measured system with what it is compared with, or the commit that it is of."""
        base = self.base_names.get(system.name)
        commit = self.commit if system.name in self.base_names.values() else None
        return replace(system, base=base, commit=commit)

    def check_resumable(self, document: Document) -> None:
        """Refuse to go on with a bench of another commit.

        Raises:
            UsageError: it was one.
        """
        for system in document.systems:
            if system.name in self.base_names.values() and system.commit != self.commit:
                was, is_now = (str(commit)[:12] for commit in (system.commit, self.commit))
                raise UsageError(f"--resume: expected {system.name} to be what it was, {was}; got {is_now}.")


def parse_paired(text: str) -> str:
    """Return the revision that `git:REVISION` names.

    Raises:
        UsageError: it is not that.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(f"--paired: expected git: and a branch, a tag or a commit, as in git:main; got {text!r}.")
    return match["revision"]


@contextmanager
def paired(revision: str | None, systems: Sequence[SystemSpec], directory: Path) -> Iterator[Pairs]:
    """Give systems in pairs, while the other revision is checked out.

    Args:
        revision: None for no pairs.
        systems: as they are here.
        directory: what their paths are relative to.

    Raises:
        UsageError: there is no such revision, or a system is not of the checkout.
        StartError: the revision cannot be checked out.
    """
    if revision is None:
        yield Pairs(systems=systems)
        return
    with checked_out(revision, directory / systems[0].directory) as checkout:
        bases = [_base_of(spec, checkout, directory) for spec in systems]
        yield Pairs(
            systems=[one for pair in zip(bases, systems, strict=True) for one in pair],
            base_names={spec.name: base.name for spec, base in zip(systems, bases, strict=True)},
            commit=checkout.commit,
            is_same=checkout.is_same,
        )


def _base_of(spec: SystemSpec, checkout: Checkout, directory: Path) -> SystemSpec:
    """Return a system as it was: in the other checkout, by the same interpreter."""
    other = checkout.counterpart(directory / spec.directory)
    if other is None:
        raise UsageError(f"--paired: expected all systems in {checkout.here}; {spec.name} is in {spec.directory}.")
    if not other.is_dir():
        raise UsageError(f"--paired: expected the directory of {spec.name} in {checkout.revision!r}; there is none.")
    return replace_spec(
        spec,
        name=f"{spec.name}@{_UNFIT_IN_NAME.sub('-', checkout.revision)}",
        title=f"{spec.title} ({checkout.revision})",
        directory=str(other),
        env=spec.env | _import_environment(spec, checkout, directory),
    )


def _import_environment(spec: SystemSpec, checkout: Checkout, directory: Path) -> dict[str, str]:
    """Return the environment by which nothing is imported from the checkout that is here."""
    before = spec.env.get("PYTHONPATH") or _escaped(os.environ.get("PYTHONPATH", ""))
    interpreter = find_interpreter(spec.venv, spec.python, directory)
    paths = [_escaped(str(path)) for path in checkout.import_paths(interpreter, before.split(os.pathsep))]
    return {"PYTHONPATH": os.pathsep.join([*paths, *filter(None, [before])])} if paths else {}


def _escaped(text: str) -> str:
    """Return a text in which nothing is a placeholder."""
    return text.replace("{", "{{").replace("}", "}}")
