"""A suite, as its file says it: types alone. What they do not say of right values is in the modules of problems."""

from typing import Any

from msgspec import Struct, field

from rush_hour.load.workload.specs import WorkloadSpec
from rush_hour.rig.suite.system_spec import SystemSpec


class LoadDefaults(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The load that is offered unless the command line says otherwise.

    Attributes:
        profile: how the rate changes, in place of `rate` and `duration`: in one word, or the name of a file.
    """

    rate: float = 1000.0
    profile: str | None = None
    connections: int = 100
    processes: int = 2
    duration: str = "10s"
    warmup: str = "2s"
    timeout: str = "2s"


class DatabaseSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The PostgreSQL database of the systems: SQL files, relative to the suite file, are run in a fresh one."""

    load: list[str]


class RequireSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the systems must keep: objectives.

    Attributes:
        all: of every system.
        systems: of the systems with a name, or those that a pattern of names is of.
        baseline: the name of the system that clauses with `baseline` compare others with.
    """

    all: str | None = None
    systems: dict[str, str] = field(default_factory=dict)
    baseline: str | None = None


class Suite(WorkloadSpec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suite file: what is sent, as target files say it too, and what is started.

    Attributes:
        workers, threads: the `{workers}` and `{threads}` of each system that does not say otherwise.
        venv, python: the virtual environment or the interpreter of each system that does not say otherwise.
        prepare: commands that are run once, when the database is up; placeholders are filled in.
        prepare_timeout: how long each of them may take.
        matrix: what systems are tried with, see `matrix.py`.
        rules: what makes the comparison fair, printed with the results; `{workers}` and `{threads}` are filled in.
        published: a file of published figures to compare with, relative to the suite file.
        require: what a bench of it must show for its exit code to be 0.
    """

    name: str
    title: str
    systems: list[SystemSpec]
    workers: int = 2
    threads: int = 1
    venv: str | None = None
    python: str | None = None
    prepare: list[str] = field(default_factory=list)
    prepare_timeout: str = "120s"
    matrix: dict[str, Any] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    load: LoadDefaults = LoadDefaults()
    database: DatabaseSpec | None = None
    published: str | None = None
    require: RequireSpec | None = None
