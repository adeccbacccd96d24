"""The options of an application that is served without a suite file, for `rush-hour bench` and `rush-hour serve`."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rush_hour.commands import options
from rush_hour.errors import UsageError
from rush_hour.load.workload.specs import workload_problems
from rush_hour.rig.application.facts import IMPORT_TIMEOUT_S, ApplicationFacts, Interface, describe_application
from rush_hour.rig.catalogue.reading import known_servers
from rush_hour.rig.interpreter import Interpreter, find_interpreter
from rush_hour.rig.suite.application_suite import TARGET, find_servers, suite_of
from rush_hour.rig.suite.interpreter_problems import interpreter_problems
from rush_hour.rig.suite.reading import read_suite
from rush_hour.rig.suite.suite import Suite


@Parameter(name="*", group="Application, instead of a suite")
@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationOptions:
    """Options of an application; all but the first need it."""

    app: Annotated[str | None, options.APP] = None
    server: Annotated[tuple[str, ...], options.SERVER] = ()
    servers: Annotated[Path | None, options.SERVERS] = None
    path: Annotated[str | None, options.PATH] = None
    directory: Annotated[Path | None, options.DIRECTORY] = None
    venv: Annotated[Path | None, options.VENV] = None
    interface: Annotated[Interface | None, options.INTERFACE] = None

    def suite(self, file: Path | None, *, what: str) -> tuple[Suite, Path]:
        """Return the suite: the one in a file, or that of the application, and its path.

        What is relative in it is so to the directory of the path; that of an application is named after it.

        Args:
            file: None for the default, if there is no application.
            what: the argument or option that names the file.

        Raises:
            UsageError: the file is wrong, or an option is.
            StartError: the application cannot be imported.
        """
        if self.app is None:
            self._check_absent()
            file = options.DEFAULT_SUITE if file is None else file
            options.check_file(what, file)
            return read_suite(file), file
        if file is not None:
            raise UsageError(f"--app: expected either an application or {what}, got both.")
        return self._application_suite(self.app)

    def _check_absent(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) not in {None, ()}:
                raise UsageError(f"--{field.name}: expected --app MODULE:OBJECT with it; a suite says this itself.")

    def _application_suite(self, target: str) -> tuple[Suite, Path]:
        found = find_application(target, "--app", self.directory, self.venv, self.interface)
        servers = find_servers(self.server, found.facts, known_servers(self.servers))
        names = [name for server in servers for name in server.distributions]
        framework = found.facts.framework
        installed = found.interpreter.installed([*names, *([framework] if framework else [])])
        path = "/" if self.path is None else self.path
        suite = suite_of(found.facts, servers, path=path, venv=found.venv, installed=installed)
        for _, what in workload_problems(suite, found.directory):
            raise UsageError(f"--path: {what}.")
        return suite, found.directory / target


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundApplication:
    """An application.

    Attributes:
        directory: where its module is.
        venv: its environment; None for Rush Hour's own.
        interpreter: of that environment.
    """

    facts: ApplicationFacts
    directory: Path
    venv: str | None
    interpreter: Interpreter


def find_application(
    target: str,
    what: str,
    directory: Path | None,
    venv: Path | None,
    interface: Interface | None,
    *,
    timeout_s: float = IMPORT_TIMEOUT_S,
) -> FoundApplication:
    """Return what an application is; of one whose interface is said, nothing else is asked.

    Args:
        target: `module:object`.
        what: the argument or option that names it.
        directory: where its module is; None for the working directory.
        venv: its environment; None for Rush Hour's own.
        interface: None for what its interpreter says.
        timeout_s: how long its import may take.

    Raises:
        UsageError: an option is wrong.
        StartError: it cannot be imported.
    """
    directory = Path() if directory is None else directory
    environment = None if venv is None else str(venv.absolute())
    if not directory.is_dir():
        raise UsageError(f"--directory: expected a directory, got {str(directory)!r}.")
    for _, problem in interpreter_problems(environment, None, directory):
        raise UsageError(f"--venv: {problem}.")
    if not TARGET.fullmatch(target):
        raise UsageError(f"{what}: expected MODULE:OBJECT, such as shop.main:app; got {target!r}.")
    interpreter = find_interpreter(environment, None, directory)
    if interface is not None:
        if ":" not in target:
            raise UsageError(f"{what}: expected MODULE:OBJECT, for --interface has nothing imported; got {target!r}.")
        facts = ApplicationFacts(target=target, interface=interface, framework="", class_name="")
    else:
        facts = describe_application(interpreter.python, target, directory, timeout_s=timeout_s)
    return FoundApplication(facts=facts, directory=directory, venv=environment, interpreter=interpreter)
