"""Every option is declared once, in `Settings`.

From that one declaration come the command-line flag, its help, the environment variable (`API_HOUR_` and the
flag's name) and the key in a configuration file. The last of these wins: default, configuration file, environment,
command line.

Nothing here opens a socket or starts a process; only the number of cores is read.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from api_hour.config.binds import DEFAULT_BIND, FORMS, MONITOR_FORMS, Bind, TcpBind, UnixBind, parse_bind
from api_hour.config.cores import usable_cores
from api_hour.config.http_options import (
    BODY_BYTES,
    CONNECTIONS,
    GRACEFUL_TIMEOUT_S,
    KEEP_ALIVE_TIMEOUT_S,
    TRUSTED_PROXIES,
    HttpOptions,
    LifespanMode,
    ProxyHeaders,
)
from api_hour.config.tls_files import TlsFiles, split_tls
from api_hour.config.values import (
    check_access_log,
    check_binds,
    check_directory,
    check_file,
    check_monitor,
    check_name,
    check_new_file,
    check_not_negative,
    check_positive,
    check_proxies,
    read_mode,
    read_size,
    show_mode,
)
from api_hour.errors import ConfigError

UNIX_SOCKET_MODE = 0o666  # a proxy under another user may connect; restrict it by the mode, or by the directory's


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a daemon's configuration, pid file and monitor are: what leads from a command line to a running daemon."""

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
        Parameter(name="--config_dir", validator=check_directory, help="Directory that holds main/main.yaml."),
    ] = None
    config: Annotated[
        Path | None,
        Parameter(
            name=["--config", "-c"],
            validator=check_file,
            help="File that sets options: TOML if its name ends in .toml, else Python.",
        ),
    ] = None
    chdir: Annotated[
        Path,
        Parameter(validator=check_directory, help="Directory to change to before TARGET is imported."),
    ] = Path()
    pid_file: Annotated[
        Path | None,
        Parameter(
            name=["--pid", "-p"],
            validator=check_new_file,
            help="File that holds the supervisor's process id, and is locked as long as it serves.",
        ),
    ] = None
    monitor: Annotated[
        str | None,
        Parameter(
            name="--monitor",
            validator=check_monitor,
            help=f"Address for metrics, health and status: {MONITOR_FORMS}. None by default.",
        ),
    ] = None

    def monitor_bind(self) -> TcpBind | UnixBind | None:
        """Return the parsed address of the monitor; None for no monitor."""
        if self.monitor is None:
            return None
        bind = parse_bind(self.monitor)
        assert isinstance(bind, TcpBind | UnixBind)  # see check_monitor
        return bind


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Location):
    """Everything that can be set about a daemon."""

    bind: Annotated[
        tuple[str, ...],
        Parameter(
            name=["--bind", "-b"],
            validator=check_binds,
            negative="",
            show_default=lambda _none: f"{DEFAULT_BIND}, unless the service manager gives sockets",
            help=f"Address to serve on: {FORMS}; with TLS when ,cert=FILE,key=FILE follows. May be repeated.",
        ),
    ] = ()
    certfile: Annotated[
        Path | None,
        Parameter(
            validator=check_file,
            help="Certificate, in PEM: every address but UDP that names none of its own is served with TLS by it.",
        ),
    ] = None
    keyfile: Annotated[
        Path | None,
        Parameter(validator=check_file, help="Private key of --certfile, if it is in a file of its own."),
    ] = None
    ca_certs: Annotated[
        Path | None,
        Parameter(
            validator=check_file,
            help="Authorities, in PEM: with --certfile, clients must have a certificate of one of them.",
        ),
    ] = None
    workers: Annotated[
        int,
        Parameter(
            name=["--workers", "-w"],
            env_var="WEB_CONCURRENCY",
            validator=check_positive,
            help="Worker processes. By default one for each core that affinity and the cgroup's quota allow.",
        ),
    ] = field(default_factory=usable_cores)
    backlog: Annotated[
        int,
        Parameter(validator=check_positive, help="Connections that may wait to be accepted, for each address."),
    ] = 2048
    graceful_timeout_s: Annotated[
        float,
        Parameter(
            name="--graceful-timeout",
            validator=check_not_negative,
            help="Seconds that a stopping worker may take to finish its requests.",
        ),
    ] = GRACEFUL_TIMEOUT_S
    stop_delay_s: Annotated[
        float,
        Parameter(
            name="--stop-delay",
            validator=check_not_negative,
            help="Seconds to serve on after a stop signal, not ready for load balancers; a second signal ends them.",
        ),
    ] = 0.0
    drain_timeout_s: Annotated[
        float,
        Parameter(
            name="--drain-timeout",
            validator=check_not_negative,
            help="Seconds that a replaced worker keeps idle connections open, to tell each with its next answer.",
        ),
    ] = 10.0
    heartbeat_timeout_s: Annotated[
        float,
        Parameter(
            name=["--timeout", "-t"],
            validator=check_not_negative,
            help="Seconds without a sign of life after which a worker is killed, its stack in the log; 0 for never.",
        ),
    ] = 30.0
    boot_timeout_s: Annotated[
        float,
        Parameter(
            name="--boot-timeout",
            validator=check_not_negative,
            help="Seconds that a new worker may take to serve; 0 for as long as it takes.",
        ),
    ] = 60.0
    keep_alive_timeout_s: Annotated[
        float,
        Parameter(
            name="--keep-alive",
            validator=check_not_negative,
            help="Seconds that a connection may rest between two HTTP requests.",
        ),
    ] = KEEP_ALIVE_TIMEOUT_S
    request_timeout_s: Annotated[
        float,
        Parameter(
            name="--request-timeout",
            validator=check_not_negative,
            help="Seconds that an HTTP request may take to be answered, then it is 503; 0 for no limit.",
        ),
    ] = 0.0
    max_body_bytes: Annotated[
        int,
        Parameter(
            name="--max-body",
            converter=read_size,
            validator=check_not_negative,
            help="Largest body of an HTTP request, such as 10M; a larger one is 413.",
        ),
    ] = BODY_BYTES
    max_connections: Annotated[
        int,
        Parameter(validator=check_positive, help="HTTP connections that each worker may have open; one more is 503."),
    ] = CONNECTIONS
    trusted_proxies: Annotated[
        tuple[str, ...],
        Parameter(
            name="--trusted-proxy",
            validator=check_proxies,
            negative="",
            show_default=" ".join,
            help="Proxy whose word counts: an address, a network, unix, or * for anybody. May be repeated.",
        ),
    ] = TRUSTED_PROXIES
    proxy_headers: Annotated[
        ProxyHeaders | None,
        Parameter(help="Headers in which a trusted proxy says whom it speaks for. None by default."),
    ] = None
    proxy_protocol: Annotated[
        bool,
        Parameter(
            negative="",
            help="Connections from trusted proxies begin with a PROXY protocol header, of version 1 or 2.",
        ),
    ] = False
    lifespan: Annotated[
        LifespanMode,
        Parameter(help="Whether an ASGI application has a lifespan; auto: unless it shows that it knows none."),
    ] = "auto"
    max_requests: Annotated[
        int,
        Parameter(
            name="--max-requests",
            validator=check_not_negative,
            help="Requests after which a worker is replaced; 0 for no limit.",
        ),
    ] = 0
    max_requests_jitter: Annotated[
        int,
        Parameter(
            name="--max-requests-jitter",
            validator=check_not_negative,
            help="Up to so many more for each worker, so that they are not replaced together.",
        ),
    ] = 0
    max_rss_bytes: Annotated[
        int,
        Parameter(
            name="--max-rss",
            converter=read_size,
            validator=check_not_negative,
            help="Memory above which a worker is replaced, such as 512M; 0 for no limit.",
        ),
    ] = 0
    max_lifetime_s: Annotated[
        float,
        Parameter(
            name="--max-lifetime",
            validator=check_not_negative,
            help="Seconds after which a worker is replaced; 0 for no limit.",
        ),
    ] = 0.0
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
    logconfig: Annotated[
        Path | None,
        Parameter(validator=check_file, help="Logging configuration in the format of logging.config.fileConfig."),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"],
        Parameter(help="What is logged at least; a logging configuration says it for itself."),
    ] = "info"
    log_file: Annotated[
        Path | None,
        Parameter(
            validator=check_new_file,
            help="File to log to instead of standard error; it may be moved away, and a new one is begun.",
        ),
    ] = None
    access_log: Annotated[
        str | None,
        Parameter(
            name="--access-log",
            validator=check_access_log,
            help="Write a line for each request: json, common, combined, or a format of Gunicorn's atoms; or off.",
        ),
    ] = None
    access_log_file: Annotated[
        Path | None,
        Parameter(
            name="--access-log-file",
            validator=check_new_file,
            help="File for it, instead of standard output (or the logging configuration's logger api_hour.access).",
        ),
    ] = None
    daemon: Annotated[
        bool,
        Parameter(
            name=["--daemon", "-D"],
            negative="",
            help="Go into the background; the command ends when the daemon serves, or says why it does not.",
        ),
    ] = False
    name: Annotated[
        str | None,
        Parameter(name=["--name", "-n"], validator=check_name, help="Name in the titles of the processes: TARGET's."),
    ] = None
    user: Annotated[
        str | None,
        Parameter(name=["--user", "-u"], help="User, by name or number, that the workers run as; needs root."),
    ] = None
    group: Annotated[
        str | None,
        Parameter(name=["--group", "-g"], help="Group that the workers run as; by default the user's."),
    ] = None
    umask: Annotated[
        int | None,
        Parameter(
            name=["--umask", "-m"],
            converter=read_mode,
            show_default=show_mode,
            help="Bits that new files of the workers do not get, in octal. By default those of whoever starts it.",
        ),
    ] = None
    unix_mode: Annotated[
        int,
        Parameter(converter=read_mode, show_default=show_mode, help="Mode of unix sockets' files, in octal."),
    ] = UNIX_SOCKET_MODE

    def binds(self) -> tuple[Bind, ...]:
        """Return the parsed addresses, in the order given; empty when none is."""
        return tuple(parse_bind(split_tls(text)[0]) for text in self.bind)

    def as_served(self) -> "Settings":
        """Return what is served with: `--reload` means one worker, and that a replaced one keeps no connection.

        So after an edit the old code is gone a moment after the new code serves.
        """
        return replace(self, workers=1, drain_timeout_s=0.0) if self.reload else self

    def own_tls(self) -> tuple[TlsFiles | None, ...]:
        """Return the certificate that each address names, in the same order."""
        return tuple(split_tls(text)[1] for text in self.bind)

    def http(self) -> HttpOptions:
        """Return what is said of HTTP."""
        return HttpOptions(
            keep_alive_timeout_s=self.keep_alive_timeout_s,
            request_timeout_s=self.request_timeout_s,
            body_bytes=self.max_body_bytes,
            connections=self.max_connections,
            trusted_proxies=self.trusted_proxies,
            proxy_headers=self.proxy_headers,
            proxy_protocol=self.proxy_protocol,
            lifespan=self.lifespan,
            graceful_timeout_s=self.graceful_timeout_s,
        )

    def default_tls(self) -> TlsFiles | None:
        """Return the certificate of the addresses that name none.

        Raises:
            ConfigError: there is a key, or there are authorities, but no certificate.
        """
        if self.certfile is not None:
            return TlsFiles(cert=str(self.certfile), key=_text(self.keyfile), ca=_text(self.ca_certs))
        for flag, path in (("--keyfile", self.keyfile), ("--ca-certs", self.ca_certs)):
            if path is not None:
                raise ConfigError(f"{flag}: expected --certfile beside it; got none. Or let an address name its own.")
        return None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
