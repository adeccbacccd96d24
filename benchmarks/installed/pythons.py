"""Run the tests on every supported CPython that is here, as `make test-pythons` does.

All tests on the oldest; on the newest all but those of whole benches, which say little of an interpreter; those of the
HTTP engine on the others. Each has an environment of its own,
.venv-3.N, with the same pins; the one that `.venv` was made with has that. Those that are not here are named.

    python benchmarks/installed/pythons.py
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from interpreters import REPOSITORY, find_interpreters, supported_versions, version_of

WHOLE, PACKAGES, ENGINE = "test-all", "test", "test-engine"
MEANING = {
    WHOLE: "all tests",
    PACKAGES: "all tests but those of whole benches",
    ENGINE: "the HTTP engine's tests",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is run on one interpreter.

    Attributes:
        version: the interpreter's.
        python: its program; None if there is none.
        target: of the Makefile; empty if there is none.
        environment: the directory of the environment.
    """

    version: str
    python: str | None
    target: str
    environment: str

    def __str__(self) -> str:
        return f"CPython {self.version}: {MEANING[self.target] if self.target else 'not here'}"

    @property
    def command(self) -> list[str]:
        """The command line that runs it."""
        return ["make", f"PYTHON={self.python}", f"VENV={self.environment}", self.target]


def plan(supported: list[str], found: dict[str, str], *, made_with: str | None) -> list[Run]:
    """Decide what is run where.

    Args:
        supported: the versions, the oldest first.
        found: the interpreters that are here, by version, likewise.
        made_with: the version that `.venv` was made with, if there is one.
    """
    here = list(found)
    targets = dict.fromkeys(here, ENGINE) | dict.fromkeys(here[-1:], PACKAGES) | dict.fromkeys(here[:1], WHOLE)
    return [
        Run(
            version=version,
            python=found.get(version),
            target=targets.get(version, ""),
            environment=".venv" if version == made_with else f".venv-{version}",
        )
        for version in supported
    ]


def main() -> None:
    """Say what is run, run it, and end with 1 if anything failed."""
    here = Path(REPOSITORY, ".venv", "bin", "python")
    runs = plan(supported_versions(), find_interpreters(), made_with=version_of(str(here)) if here.exists() else None)
    print(*runs, sep="\n", flush=True)
    failed = []
    for run in runs:
        if run.target:
            print(f"== {run}", flush=True)
            if subprocess.run(run.command, cwd=REPOSITORY, check=False).returncode:
                failed.append(run.version)
    if failed:
        sys.exit(f"failed on CPython {', '.join(failed)}")
    if not any(run.target for run in runs):
        sys.exit(f"none of CPython {', '.join(run.version for run in runs)} is here; put one on PATH")


if __name__ == "__main__":
    main()
