"""What a daemon runs with: every option is declared once, in `Settings`.

From that one declaration come the command-line flag, its help, the environment variable (`API_HOUR_` and the
flag's name) and the key in a configuration file. The last of these wins: default, configuration file, environment,
command line.

Pure but for `read_config_file`: nothing here opens a socket or starts a process.
"""

import os
import re
import runpy
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, Token

from api_hour.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpBind:
    """A TCP address to listen on; port 0 lets the kernel choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnixBind:
    """A unix socket's path to listen on."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


Bind = TcpBind | UnixBind

_PORT = re.compile(r"[0-9]{1,5}")

EVERY_IPV4_ADDRESS = "0.0.0.0"  # noqa: S104  # what `:PORT` asks for


def parse_bind(text: str, *, option: str = "--bind") -> Bind:
    """Read one address: `HOST:PORT`, `[IPV6]:PORT`, `:PORT` (every IPv4 address) or `unix:PATH`.

    Args:
        text: the address.
        option: where it is from, for messages.

    Raises:
        ConfigError: `text` is none of these.
    """
    if text.startswith("unix:"):
        if path := text.removeprefix("unix:"):
            return UnixBind(path=path)
    else:
        host, colon, port = text.rpartition(":")
        is_ipv6 = host.startswith("[") and host.endswith("]")
        bare_host = host[1:-1] if is_ipv6 else host
        if colon and is_ipv6 is (":" in bare_host) and _PORT.fullmatch(port) and int(port) <= 65535:
            return TcpBind(host=bare_host or EVERY_IPV4_ADDRESS, port=int(port))
    raise ConfigError(f"{option}: expected HOST:PORT, [IPV6]:PORT or unix:PATH, such as 127.0.0.1:8000; got {text!r}.")


_SIZE = re.compile(r"([0-9]+)([KMG]?)", re.IGNORECASE)
_SIZE_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _read_size(_type: Any, tokens: Sequence[Token]) -> int:
    match = _SIZE.fullmatch(tokens[0].value)
    if match is None:
        raise ValueError(f"expected bytes, such as 512M or 2G; got {tokens[0].value!r}.")
    return int(match[1]) * _SIZE_UNITS[match[2].upper()]


def _check_binds(_type: Any, binds: tuple[str, ...]) -> None:
    for text in binds:
        parse_bind(text)


def _check_monitor(_type: Any, text: str | None) -> None:
    if text is not None:
        parse_bind(text, option="--monitor")


def _check_not_negative(_type: Any, number: float) -> None:
    if not number >= 0:  # nor is "not a number"
        raise ValueError(f"expected 0 or more, got {number}.")


def _check_positive(_type: Any, number: int) -> None:
    if number < 1:
        raise ValueError(f"expected 1 or more, got {number}.")


def _check_directory(_type: Any, path: Path | None) -> None:
    if path is not None and not path.is_dir():
        raise ValueError(f"expected a directory, got {str(path)!r}.")


def _check_file(_type: Any, path: Path | None) -> None:
    if path is not None and not path.is_file():
        raise ValueError(f"expected a file, got {str(path)!r}.")


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set about a daemon."""

    bind: Annotated[
        tuple[str, ...],
        Parameter(
            name=["--bind", "-b"],
            validator=_check_binds,
            negative="",
            help="Address to listen on: HOST:PORT, [IPV6]:PORT or unix:PATH. May be repeated.",
        ),
    ] = ("127.0.0.1:8000",)
    workers: Annotated[
        int,
        Parameter(
            name=["--workers", "-w"],
            env_var="WEB_CONCURRENCY",
            validator=_check_positive,
            help="Worker processes. By default one for each core.",
        ),
    ] = os.cpu_count() or 1
    backlog: Annotated[
        int,
        Parameter(validator=_check_positive, help="Connections that may wait to be accepted, for each address."),
    ] = 2048
    graceful_timeout_s: Annotated[
        float,
        Parameter(
            name="--graceful-timeout",
            validator=_check_not_negative,
            help="Seconds that a stopping worker may take to finish its requests.",
        ),
    ] = 30.0
    drain_timeout_s: Annotated[
        float,
        Parameter(
            name="--drain-timeout",
            validator=_check_not_negative,
            help="Seconds that a replaced worker keeps idle connections open, to tell each with its next answer.",
        ),
    ] = 10.0
    heartbeat_timeout_s: Annotated[
        float,
        Parameter(
            name=["--timeout", "-t"],
            validator=_check_not_negative,
            help="Seconds without a sign of life after which a worker is killed, its stack in the log; 0 for never.",
        ),
    ] = 30.0
    boot_timeout_s: Annotated[
        float,
        Parameter(
            name="--boot-timeout",
            validator=_check_not_negative,
            help="Seconds that a new worker may take to serve; 0 for as long as it takes.",
        ),
    ] = 60.0
    max_requests: Annotated[
        int,
        Parameter(
            name="--max-requests",
            validator=_check_not_negative,
            help="Requests after which a worker is replaced; 0 for no limit.",
        ),
    ] = 0
    max_requests_jitter: Annotated[
        int,
        Parameter(
            name="--max-requests-jitter",
            validator=_check_not_negative,
            help="Up to so many more for each worker, so that they are not replaced together.",
        ),
    ] = 0
    max_rss_bytes: Annotated[
        int,
        Parameter(
            name="--max-rss",
            converter=_read_size,
            validator=_check_not_negative,
            help="Memory above which a worker is replaced, such as 512M; 0 for no limit.",
        ),
    ] = 0
    max_lifetime_s: Annotated[
        float,
        Parameter(
            name="--max-lifetime",
            validator=_check_not_negative,
            help="Seconds after which a worker is replaced; 0 for no limit.",
        ),
    ] = 0.0
    monitor: Annotated[
        str | None,
        Parameter(
            name="--monitor",
            validator=_check_monitor,
            help="Address for metrics, health and status: HOST:PORT, [IPV6]:PORT or unix:PATH. None by default.",
        ),
    ] = None
    ready_needs_engines: Annotated[
        bool,
        Parameter(
            name="--ready-needs-engines",
            negative="",
            help="Let /health/ready say no while an engine is up in no worker.",
        ),
    ] = False
    reload: Annotated[
        bool,
        Parameter(
            name="--reload",
            negative="",
            help="For development: one worker, replaced when a source file changes. Needs api-hour[reload].",
        ),
    ] = False
    auto_config: Annotated[
        bool,
        Parameter(
            name=["--auto_config", "-ac"],
            negative="",
            help="Read the configuration from etc/APP/, APP being TARGET's module.",
        ),
    ] = False
    config_dir: Annotated[
        Path | None,
        Parameter(name="--config_dir", validator=_check_directory, help="Directory that holds main/main.yaml."),
    ] = None
    config: Annotated[
        Path | None,
        Parameter(
            name=["--config", "-c"],
            validator=_check_file,
            help="Python file that sets options by their names, with underscores.",
        ),
    ] = None
    logconfig: Annotated[
        Path | None,
        Parameter(validator=_check_file, help="Logging configuration in the format of logging.config.fileConfig."),
    ] = None
    chdir: Annotated[
        Path,
        Parameter(validator=_check_directory, help="Directory to change to before TARGET is imported."),
    ] = Path()

    def binds(self) -> tuple[Bind, ...]:
        """Return the parsed addresses, in the order given."""
        return tuple(parse_bind(text) for text in self.bind)

    def monitor_bind(self) -> Bind | None:
        """Return the parsed address of the monitor; None for no monitor."""
        return None if self.monitor is None else parse_bind(self.monitor, option="--monitor")

    def as_served(self) -> "Settings":
        """Return what is served with: `--reload` means one worker, and that a replaced one keeps no connection.

        So after an edit nothing is answered by the old code as soon as the new code serves.
        """
        return replace(self, workers=1, drain_timeout_s=0.0) if self.reload else self


def find_config_dir(settings: Settings, target: str) -> Path | None:
    """Return the absolute configuration directory: `--config_dir`, or with `-ac` `etc/APP` where it exists.

    Raises:
        ConfigError: `-ac` is given and there is neither.
    """
    if settings.config_dir is not None:
        return settings.config_dir.absolute()
    if not settings.auto_config:
        return None
    candidate = settings.chdir.absolute() / "etc" / target.partition(":")[0]
    if candidate.is_dir():
        return candidate
    raise ConfigError(f"--auto_config: expected a directory {candidate}; there is none. Name one with --config_dir.")


def find_main_yaml(config_dir: Path | None) -> Path | None:
    """Return the application's own configuration file, which each worker reads; None without a directory.

    Raises:
        ConfigError: the directory has none.
    """
    if config_dir is None:
        return None
    path = config_dir / "main" / "main.yaml"
    if not path.is_file():
        raise ConfigError(f"--config_dir: expected a file {path}; there is none.")
    return path


def read_config_file(path: Path) -> Mapping[str, Any]:
    """Run a Python configuration file and return what it sets, imported modules and functions left out.

    Raises:
        ConfigError: the file raises.
    """
    try:
        names = runpy.run_path(str(path))
    except (Exception, SystemExit) as error:
        raise ConfigError(f"--config: {path} raised {type(error).__name__}: {error}") from error
    skipped = (types.ModuleType, types.FunctionType, type)
    return {name: value for name, value in names.items() if name[0] != "_" and not isinstance(value, skipped)}
