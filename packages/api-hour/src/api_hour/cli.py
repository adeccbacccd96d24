"""The `api_hour` command: what can be written on the command line, and what becomes of it.

The only place that prints an error and chooses an exit code: 1 no daemon to stop or reload, or it
has failed to; 2 a wrong option, file or target; 3 the daemon cannot come up, or none answers.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from api_hour.commands import check, control, serve
from api_hour.commands.launch import Launch
from api_hour.config.complaints import explain
from api_hour.config.habits.arguments import Taken, take_habits
from api_hour.config.help_words import HelpInWords
from api_hour.config.location import Location
from api_hour.config.settings import Settings
from api_hour.config.show import show_config
from api_hour.config.sources import Sources
from api_hour.config.target_text import parse_target
from api_hour.config.values import check_not_negative
from api_hour.errors import ApiHourError, ConfigError
from api_hour.process.standard_descriptors import hold_standard_descriptors
from api_hour.version import __version__

Target = Annotated[str, Parameter(help="What to serve: MODULE:NAME. NAME may have attributes, and be called.")]
SameTarget = Annotated[str | None, Parameter(name="TARGET", help="What the daemon serves; needed with -ac.")]
CheckConfig = Annotated[
    bool, Parameter(negative="", show_env_var=False, help="Check everything, import TARGET, and serve nothing.")
]
ShowConfig = Annotated[
    bool,
    Parameter(
        name="--show-config", negative="", show_env_var=False, help="Show every option, its value and where it is from."
    ),
]
ReloadTimeout = Annotated[
    float,
    Parameter(
        name="--timeout",
        validator=check_not_negative,
        show_env_var=False,
        help="Seconds to wait for its end, where the monitor is known; 0 for not at all.",
    ),
]
StopTimeout = Annotated[
    float,
    Parameter(
        name="--timeout",
        validator=check_not_negative,
        show_env_var=False,
        help="Seconds to wait for the end; 0 for not at all.",
    ),
]

AsJson = Annotated[
    bool, Parameter(name="--json", negative="", show_env_var=False, help="Show the document that the monitor gives.")
]

COMMANDS = frozenset({"reload", "stop", "status"})
DEFAULTS = Settings()
DEFAULT_LOCATION = Location()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    hold_standard_descriptors()
    try:
        sys.exit(run(sys.argv[1:] if arguments is None else arguments))
    except cyclopts.CycloptsError as error:
        sys.exit(_complain(explain(error), ConfigError.exit_code))
    except ApiHourError as error:
        sys.exit(_complain(str(error), error.exit_code))


def run(arguments: Sequence[str]) -> int:
    """Do what `arguments` say, and return the exit code.

    Raises:
        cyclopts.CycloptsError: an option is wrong.
        ApiHourError: the configuration is wrong, or what is asked for cannot be done.
    """
    is_command = arguments[0] in COMMANDS if arguments else False
    taken = Taken(arguments=[*arguments]) if is_command else take_habits(arguments)
    sources = Sources(taken)
    app = make_app(sources, again=partial(_read_launch, arguments))
    app.config = sources.in_order()
    code = app(taken.arguments, exit_on_error=False, print_error=False)
    return code if isinstance(code, int) else 0


def _read_launch(arguments: Sequence[str]) -> Launch:
    """Return what a command line that serves says now.

    Raises:
        ConfigError: an option is wrong.
    """
    launches: list[Launch] = []

    def take(launch: Launch) -> int:
        launches.append(launch)
        return 0

    taken = take_habits(arguments)
    sources = Sources(taken)
    app = make_app(sources, again=partial(_read_launch, arguments), serve_launch=take)
    app.config = sources.in_order()
    try:
        app(taken.arguments, exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        raise ConfigError(explain(error)) from error
    return launches[0]


def make_app(
    sources: Sources, *, again: Callable[[], Launch], serve_launch: Callable[[Launch], int] = serve.serve
) -> cyclopts.App:
    """Return the command line: without a command's name, it serves.

    Args:
        sources: what is known of where the values are from, when a command runs.
        again: reads the same command line once more.
        serve_launch: serves.
    """
    app = cyclopts.App(
        name="api_hour",
        help="Serve TARGET with a supervised pool of worker processes. Options of uvicorn, Gunicorn, Hypercorn and "
        "Granian are understood, too, as far as they mean something here.",
        version=__version__,
        version_flags=["--version"],
        result_action="return_value",
        help_formatter=HelpInWords(),
    )

    @app.default
    def serve_target(
        target: Target,
        /,
        *,
        settings: Settings = DEFAULTS,
        check_config: CheckConfig = False,
        show: ShowConfig = False,
    ) -> int:
        parse_target(target)
        launch = Launch(
            target=target,
            settings=settings,
            again=again,
            sources=sources.by_field,
            config_dir=sources.config_dir,
            file=sources.file,
            words=sources.words,
        )
        if show:
            sys.stdout.write(show_config(settings, launch.sources))
            return 0
        return check.check_config(launch) if check_config else serve_launch(launch)

    @app.command(name="reload")
    def reload_daemon(
        _target: SameTarget = None, /, *, location: Location = DEFAULT_LOCATION, timeout: ReloadTimeout = 60.0
    ) -> int:
        """Let a running daemon take new code and options: its workers are replaced one by one."""
        return control.reload(location, timeout_s=timeout)

    @app.command(name="stop")
    def stop_daemon(
        _target: SameTarget = None, /, *, location: Location = DEFAULT_LOCATION, timeout: StopTimeout = 60.0
    ) -> int:
        """Let a running daemon answer what has begun and end, and wait for it."""
        return control.stop(location, timeout_s=timeout)

    @app.command(name="status")
    def show_status(
        _target: SameTarget = None, /, *, location: Location = DEFAULT_LOCATION, as_json: AsJson = False
    ) -> int:
        """Show how a running daemon is, as its monitor says."""
        from api_hour.commands.status import status  # noqa: PLC0415  # no daemon needs rich and an HTTP client

        return status(location, as_json=as_json)

    return app


def _complain(message: str, exit_code: int) -> int:
    sys.stderr.write(f"api_hour: {message}\n")
    return exit_code
