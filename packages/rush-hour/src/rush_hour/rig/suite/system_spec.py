"""A system of a suite, as its table in the file says it."""

from typing import Any, Literal

from msgspec import Struct, field


class Front(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """nginx before the system: it listens on a port and speaks `protocol` to the system's `{socket}`, or its `{port}`.

    Attributes:
        options: directives of nginx with their values, such as `client_max_body_size`.
    """

    protocol: Literal["http", "uwsgi"]
    port: int
    options: dict[str, str | int] = field(default_factory=dict)


class Requirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command that must succeed for the system to be available; else its last line of output is the reason."""

    command: str
    hint: str = ""


class SystemSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One system.

    Attributes:
        name: lower-case letters, digits and hyphens; names its log and histogram files.
        command: run without a shell; placeholders in braces are filled in, see `PLACEHOLDERS`.
        directory: where the command runs, relative to the suite file.
        port: the wanted `{port}`; a free one takes its place when it is taken.
        front: nginx before it; the load goes to the front's port then.
        env: more environment; placeholders are filled in. DATABASE_URL is always set when there is a database.
        workers, threads: its `{workers}` and `{threads}`; None for the suite's.
        venv, python: the virtual environment or the interpreter whose programs it runs; None for the suite's.
        prepare: commands that are run before `command`, each time; placeholders are filled in.
        prepare_timeout: how long each of them may take.
        matrix: what it is tried with, see `matrix.py`; None for the suite's. After reading, one value for each name.
        packages: distributions whose versions are recorded.
        grace: how long it may take to stop.
        ready_timeout: how long it may take to answer rightly after it was started.
    """

    name: str
    title: str
    command: str
    directory: str = "."
    port: int = 8000
    front: Front | None = None
    env: dict[str, str] = field(default_factory=dict)
    workers: int | None = None
    threads: int | None = None
    venv: str | None = None
    python: str | None = None
    prepare: list[str] = field(default_factory=list)
    prepare_timeout: str = "120s"
    matrix: dict[str, Any] | None = None
    requires: list[Requirement] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    stop_signal: Literal["SIGTERM", "SIGINT", "SIGQUIT"] = "SIGTERM"
    grace: str = "10s"
    ready_timeout: str = "30s"
