"""Requirements: what must be installed on this machine for a system to run."""

import shlex
import shutil
from pathlib import Path

from rush_hour.errors import StartError
from rush_hour.rig.interpreter import Interpreter
from rush_hour.rig.parts.errand import Surroundings, run_errand
from rush_hour.rig.suite.system_spec import Requirement, SystemSpec

REQUIREMENT_TIMEOUT_S = 60.0


class Unavailable(StartError):
    """The system cannot run on this machine; the message says why."""


def check_requirements(spec: SystemSpec, program: str, interpreter: Interpreter, surroundings: Surroundings) -> None:
    """See that a system's program is there, and that what it requires is met.

    Args:
        spec: the system.
        program: the first word of its command.
        interpreter: whose programs are found first.
        surroundings: what its commands run in.

    Raises:
        Unavailable: something is missing.
    """
    where = str(surroundings.directory / program) if "/" in program else program
    if shutil.which(where, path=surroundings.environment["PATH"]) is None:
        elsewhere = "" if interpreter.is_own or "/" in program else f" in {interpreter.python.parent}, nor on PATH"
        raise Unavailable(f"the program {program!r} is not installed{elsewhere}.")
    for number, requirement in enumerate(spec.requires):
        log_path = surroundings.run_directory.path / f"{spec.name}-requires-{number}.log"
        problem = _try_requirement(requirement, surroundings, log_path)
        if problem is not None:
            raise Unavailable(f"{problem.rstrip('.')}. {requirement.hint}".strip())


def _try_requirement(requirement: Requirement, surroundings: Surroundings, log_path: Path) -> str | None:
    """Run the command of a requirement, and return what it says is missing; None for nothing."""
    words = shlex.split(requirement.command)
    ended = run_errand(words, surroundings, log_path=log_path, timeout_s=REQUIREMENT_TIMEOUT_S)
    if ended.exit_code is None:
        return f"{requirement.command}: not done after {REQUIREMENT_TIMEOUT_S:g} s"
    if ended.exit_code == 0:
        return None
    return (ended.log_tail.strip().splitlines() or [f"exit code {ended.exit_code}"])[-1]
