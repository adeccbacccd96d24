"""The `api_hour` command: read the options, then hand over to the supervisor.

The only place that prints an error and chooses an exit code: 2 for a wrong option or file, 3 when the daemon
cannot come up.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import cyclopts
from cyclopts import Parameter

from api_hour import __version__
from api_hour.config import Settings, find_config_dir, find_main_yaml, read_config_file
from api_hour.errors import ApiHourError, ConfigError
from api_hour.log import configure_logging
from api_hour.supervisor.daemon import run_daemon
from api_hour.worker.spec import WorkerSpec

DEFAULTS = Settings()

NO_MONITOR = (
    "--monitor: expected the address of a daemon's monitor; none is given or configured. "
    "Give it, or what the daemon was started with: -c FILE, or -ac TARGET."
)

Target = Annotated[str, Parameter(help="What to serve: MODULE:CONTAINER.")]
AsJson = Annotated[bool, Parameter(negative="", help="Show the document that the monitor gives.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        sys.exit(run(sys.argv[1:] if arguments is None else arguments))
    except cyclopts.CycloptsError as error:
        sys.exit(_complain(str(error), ConfigError.exit_code))
    except ApiHourError as error:
        sys.exit(_complain(str(error), error.exit_code))


def run(arguments: Sequence[str]) -> int:
    """Read `arguments`, serve until told to stop, and return the exit code.

    Raises:
        cyclopts.CycloptsError: an option is wrong.
        ApiHourError: the configuration is wrong, or the daemon cannot come up.
    """
    app = cyclopts.App(
        name="api_hour",
        help="Serve TARGET with a supervised pool of worker processes.",
        version=__version__,
        version_flags=["--version"],
        result_action="return_value",
    )
    serving: list[tuple[str, Settings]] = []

    @app.default
    def serve(target: Target, /, *, settings: Settings = DEFAULTS) -> None:
        serving.append((target, settings))

    statuses: list[bool] = []

    @app.command(name="status")
    def ask(target: Target = "", /, *, settings: Settings = DEFAULTS, json: AsJson = False) -> None:
        """Show how a running daemon is: the one with this --monitor, or the one that is configured so."""
        serving.append((target, settings))
        statuses.append(json)

    def read(sources: list[Any]) -> bool:
        app.config = [cyclopts.config.Env("API_HOUR_", command=False), *sources]
        app(list(arguments), exit_on_error=False, print_error=False)
        return bool(serving)  # nothing to serve after --help and --version

    if not read([]):
        return 0
    target, settings = serving[-1]
    if settings.auto_config or not statuses:
        check_target(target)
    config_dir = find_config_dir(settings, target)
    config_file = _find_config_file(settings, config_dir)
    if config_file is not None:
        options = dict(read_config_file(config_file))
        read([cyclopts.config.Dict(options, source=str(config_file), use_commands_as_keys=False)])
        target, settings = serving[-1]
    if statuses:
        return _show_status(settings, as_json=statuses[-1])
    settings = settings.as_served()
    logconfig = _find_logconfig(settings, config_dir)
    configure_logging(logconfig)
    main_yaml = find_main_yaml(config_dir)
    launched_in = Path.cwd()
    os.chdir(settings.chdir)
    spec = WorkerSpec(
        target=target,
        chdir=str(Path.cwd()),
        main_yaml=_text(main_yaml),
        logconfig=_text(logconfig),
        backlog=settings.backlog,
        graceful_timeout_s=settings.graceful_timeout_s,
        workers=settings.workers,
        drain_timeout_s=settings.drain_timeout_s,
        heartbeat_timeout_s=settings.heartbeat_timeout_s,
    )
    return run_daemon(settings, spec, launched_in=launched_in)


def check_target(target: str) -> None:
    """Refuse a TARGET that is not `MODULE:NAME`.

    Raises:
        ConfigError: it is not.
    """
    module, _, name = target.partition(":")
    if not (name.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ConfigError(f"TARGET: expected MODULE:CONTAINER, such as benchmarks:Container; got {target!r}.")


def _show_status(settings: Settings, *, as_json: bool) -> int:
    bind = settings.monitor_bind()
    if bind is None:
        raise ConfigError(NO_MONITOR)
    os.chdir(settings.chdir)  # a unix socket's path may be relative to it
    from api_hour.status import status  # noqa: PLC0415  # no daemon needs rich's tables and an HTTP client

    return status(bind, as_json=as_json)


def _find_config_file(settings: Settings, config_dir: Path | None) -> Path | None:
    if settings.config is not None or not settings.auto_config or config_dir is None:
        return settings.config
    path = config_dir / "api_hour" / "gunicorn_conf.py"
    return path if path.is_file() else None


def _find_logconfig(settings: Settings, config_dir: Path | None) -> Path | None:
    if settings.logconfig is not None:
        return settings.logconfig.absolute()
    if settings.auto_config and config_dir is not None:
        path = config_dir / "api_hour" / "logging.ini"
        return path if path.is_file() else None
    return None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _complain(message: str, exit_code: int) -> int:
    sys.stderr.write(f"api_hour: {message}\n")
    return exit_code
