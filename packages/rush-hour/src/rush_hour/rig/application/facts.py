"""What a WSGI or ASGI application is, as its own interpreter tells it.

An application is imported where its packages are, in a process of its own, which is stopped with all that it started.
Nothing of the user's code runs in Rush Hour's process.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from rush_hour.credentials import printable
from rush_hour.errors import StartError, UsageError
from rush_hour.rig.application import program as application_program
from rush_hour.rig.parts.errand import Surroundings, run_errand
from rush_hour.rig.parts.part import base_environment
from rush_hour.rig.parts.run_directory import RunDirectory

IMPORT_TIMEOUT_S = 20.0

Interface = Literal["asgi", "wsgi"]
# What people call frameworks whose names have more than one capital, or that are part of another.
_TITLES = {"api_hour": "API-Hour", "channels": "Django", "fastapi": "FastAPI", "blacksheep": "BlackSheep"}


class Route(Struct, frozen=True, kw_only=True):
    """A path that answers to GET and has no parameters.

    Attributes:
        path: as the framework knows it.
        needs_login: whether what can be seen of it says that it wants a user; if nothing does, it still may.
    """

    path: str
    needs_login: bool = False


class ApplicationFacts(Struct, frozen=True, kw_only=True):
    """What is known of an application.

    Attributes:
        target: `module:object`, with the object that was found where only the module was named.
        interface: how a server calls it.
        framework: in lower case, such as `flask`; empty for one that is not known.
        class_name: with its module, such as `flask.app.Flask`.
        is_factory: whether a call of `object` without arguments makes the application.
        routes: in the framework's order, without those that it has by itself.
        variables: names of environment variables that were looked up during the import.
        migrations: what can change its database's schema: `django`, `flask-migrate`; empty for nothing that is known.
    """

    target: str
    interface: Interface
    framework: str
    class_name: str
    is_factory: bool = False
    routes: list[Route] = []
    variables: list[str] = []
    migrations: str = ""

    @property
    def framework_title(self) -> str:
        """What people call the framework; empty for one that is not known."""
        return _TITLES.get(self.framework, self.framework.capitalize())


class _Problem(Struct, frozen=True, kw_only=True):
    """Why there are no facts.

    Attributes:
        kind: `target` if another one must be named, `import` if it cannot be imported.
        text: a sentence without its stop.
    """

    kind: Literal["target", "import"]
    text: str


class _Told(Struct, frozen=True, kw_only=True):
    """What the program writes."""

    facts: ApplicationFacts | None = None
    problem: _Problem | None = None


def describe_application(
    python: Path,
    target: str,
    directory: Path,
    *,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = IMPORT_TIMEOUT_S,
) -> ApplicationFacts:
    """Import an application in an interpreter, and return what it is.

    Args:
        python: the interpreter that has the application's packages. Not resolved: a link says which environment it is.
        target: `module:object`; `module` alone stands for `module:application` or `module:app`, and `module:object()`
            for what a call of it returns.
        directory: where modules are looked for first, and where it runs.
        environment: what is added to that of commands.
        timeout_s: how long it may take, in seconds.

    Raises:
        StartError: it cannot be imported, or not in that time. The message has the end of what it printed.
        UsageError: there is no such object, or it is no application; or there is no such interpreter.
    """
    module, _, name = target.partition(":")
    if not module or ":" in name or "/" in module or module.endswith(".py"):
        raise UsageError(f"application: expected MODULE:OBJECT, such as shop.main:app; got {target!r}.")
    if not python.is_file():
        raise UsageError(f"application: expected a Python interpreter, got {str(python)!r}.")
    with RunDirectory() as run_directory:
        told_path = run_directory.path / "told.json"
        ended = run_errand(
            [str(python.absolute()), application_program.__file__, target, str(told_path)],
            Surroundings(
                run_directory=run_directory,
                environment=base_environment() | dict(environment or {}),
                directory=directory,
            ),
            log_path=run_directory.path / "application.log",
            timeout_s=timeout_s,
        )
        if ended.exit_code is None:
            raise StartError(_hangs(target, timeout_s, ended.log_tail))
        if not told_path.exists():
            what = f"the interpreter ended with exit code {ended.exit_code} while it imported {target}."
            raise StartError(f"{what}\n{ended.log_tail}".rstrip())
        told = msgspec.json.decode(told_path.read_bytes(), type=_Told)
    if told.problem is not None:
        raise _error(told.problem, ended.log_tail)
    assert told.facts is not None, "the program tells one or the other"
    return told.facts


def _hangs(target: str, timeout_s: float, log_tail: str) -> str:
    what = (
        f"the import of {target} was not done after {timeout_s:g} s. If it starts a server, that belongs below "
        "`if __name__ == '__main__':`; if it waits for something, such as a database, that must be there."
    )
    return f"{what}\n{log_tail}".rstrip()


def _error(problem: _Problem, log_tail: str) -> StartError | UsageError:
    text = f"{printable(problem.text)}."
    return UsageError(text) if problem.kind == "target" else StartError(f"{text}\n{log_tail}".rstrip())
