"""One start of a system: what its placeholders are, what prepares it, and its command."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from signal import Signals
from typing import Self

from rush_hour.rig.interpreter import Interpreter, find_interpreter
from rush_hour.rig.parts.errand import Surroundings, prepare
from rush_hour.rig.parts.part import Part
from rush_hour.rig.shared import Rig, database_environment, log_paths, shared_values
from rush_hour.rig.suite.placeholders import fill_in, filled_words
from rush_hour.rig.suite.system_spec import SystemSpec
from rush_hour.units import parse_duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start of a system.

    Attributes:
        values: of its placeholders.
    """

    spec: SystemSpec
    rig: Rig
    interpreter: Interpreter
    values: dict[str, str | int]

    @classmethod
    def of(cls, spec: SystemSpec, rig: Rig) -> Self:
        """Return what is known of it before its ports are taken."""
        interpreter = find_interpreter(spec.venv, spec.python, rig.suite_directory)
        values = shared_values(rig, interpreter) | {
            "port": spec.port,
            "socket": str(rig.run_directory.path / f"{spec.name}.sock"),
            "threads": rig.threads if spec.threads is None else spec.threads,
            "workers": rig.workers if spec.workers is None else spec.workers,
        }
        return cls(spec=spec, rig=rig, interpreter=interpreter, values=values)

    @property
    def surroundings(self) -> Surroundings:
        """What its requirements are tried in."""
        return Surroundings(
            run_directory=self.rig.run_directory,
            environment=self.interpreter.environment(),
            directory=self.rig.suite_directory / self.spec.directory,
        )

    def words(self, command: str) -> list[str]:
        """Return a command line's words, filled in."""
        return filled_words(command, self.values)

    def environment(self) -> dict[str, str]:
        """Return the environment of its commands."""
        own = {name: fill_in(value, self.values) for name, value in self.spec.env.items()}
        return self.interpreter.environment() | database_environment(self.rig.database_url) | own

    def prepare(self, on_step: Callable[[str], None]) -> None:
        """Run what prepares it."""
        prepare(
            [self.words(command) for command in self.spec.prepare],
            replace(self.surroundings, environment=self.environment()),
            name=self.spec.name,
            logs=self.rig.logs,
            timeout_s=parse_duration_s(self.spec.prepare_timeout, what="prepare_timeout"),
            on_step=on_step,
        )
        if self.spec.prepare:
            on_step("starting")

    def server(self) -> Part:
        """Start its command."""
        return Part(
            self.words(self.spec.command),
            self.rig.run_directory,
            log_path=log_paths(self.spec.name, self.rig)["server"],
            environment=self.environment(),
            directory=self.surroundings.directory,
            stop_signal=Signals[self.spec.stop_signal],
            grace_s=parse_duration_s(self.spec.grace, what="grace"),
        )
