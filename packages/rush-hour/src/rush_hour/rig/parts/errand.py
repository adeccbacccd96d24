"""Errands: commands of a suite that are run to their end, kept as all parts are: Ctrl-C leaves nothing of them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rush_hour.credentials import masked_command
from rush_hour.errors import StartError
from rush_hour.rig.parts.part import Part
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.parts.waiting import POLL_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What commands run in.

    Attributes:
        run_directory: that of the run.
        environment: their whole environment.
        directory: their working directory.
    """

    run_directory: RunDirectory
    environment: Mapping[str, str]
    directory: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an errand ended.

    Attributes:
        exit_code: None where the time was up.
        log_tail: the end of its output.
    """

    exit_code: int | None
    log_tail: str


def run_errand(words: Sequence[str], surroundings: Surroundings, *, log_path: Path, timeout_s: float) -> Ended:
    """Run a command until it ends, or until the time is up: then it and all that it started is killed.

    Args:
        words: program and arguments.
        surroundings: what it runs in.
        log_path: where its output goes.
        timeout_s: how long it may take, in seconds.
    """
    with Part(
        words,
        surroundings.run_directory,
        log_path=log_path,
        environment=surroundings.environment,
        directory=surroundings.directory,
        grace_s=0.0,
    ) as part:
        give_up_at_s = time.monotonic() + timeout_s
        while part.exit_code is None and time.monotonic() < give_up_at_s:
            time.sleep(POLL_S)
        return Ended(exit_code=part.exit_code, log_tail=part.log_tail())


def must_run(words: Sequence[str], surroundings: Surroundings, *, log_path: Path, timeout_s: float, what: str) -> None:
    """Run a command until it ends, and see that it has done what it was to do.

    Args:
        words: program and arguments.
        surroundings: what it runs in.
        log_path: where its output goes.
        timeout_s: how long it may take, in seconds.
        what: begins the message where it fails.

    Raises:
        StartError: it has an exit code other than 0, or takes longer.
    """
    ended = run_errand(words, surroundings, log_path=log_path, timeout_s=timeout_s)
    if ended.exit_code != 0:
        how = f"not done after {timeout_s:g} s" if ended.exit_code is None else f"exit code {ended.exit_code}"
        raise StartError(f"{what}: {how}.\n{ended.log_tail}".rstrip())


def prepare(
    commands: Sequence[Sequence[str]],
    surroundings: Surroundings,
    *,
    name: str,
    logs: Path,
    timeout_s: float,
    on_step: Callable[[str], None],
) -> None:
    """Run the commands that make something ready, one after the other.

    Args:
        commands: program and arguments of each.
        surroundings: what they run in.
        name: of what they prepare; begins the names of their logs.
        logs: the directory of these.
        timeout_s: how long each may take, in seconds.
        on_step: told what is waited for.

    Raises:
        StartError: one failed; the others are not run.
    """
    for number, words in enumerate(commands, start=1):
        shown = masked_command(words)
        on_step(f"preparing: {shown}")
        log_path = logs / f"{name}.prepare-{number}.log"
        must_run(words, surroundings, log_path=log_path, timeout_s=timeout_s, what=f"prepare: {shown}")
