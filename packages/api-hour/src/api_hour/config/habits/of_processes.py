"""The habits of addresses, processes, files and the application."""

from api_hour.config.habits import conversions as to
from api_hour.config.habits.habit import Server, alias, idle, instead, same

U, G, H, R = Server.UVICORN, Server.GUNICORN, Server.HYPERCORN, Server.GRANIAN

_WATCHED = "the kernel tells of changes, nobody looks again and again"
_NO_RUNTIME = "there is no runtime beside Python's own"
_NO_DIRTY = "there are no workers for long jobs; a task queue does them"

ADDRESSES = (
    same("--bind -b", G, H),
    alias("--host", "--bind", U, R, says="with --port", convert=to.setting_of("--host")),
    alias("--port", "--bind", U, R, says="with --host", convert=to.port),
    alias("--uds", "--bind", U, R, says="as unix:PATH", convert=to.unix_socket),
    alias("--uds-permissions", "--unix-mode", R),
    alias("--fd", "--bind", U, says="as fd://N", convert=to.descriptor),
    instead("--insecure-bind", "give each address with TLS its own certificate: -b ADDRESS,cert=FILE,key=FILE", H),
    instead("--quic-bind", "HTTP/3 is not spoken; a proxy before API-Hour may", H),
    same("--backlog", U, G, H, R),
    idle("--reuse-port", "the workers accept from one socket, and share connections out evenly", G, has_value=False),
)

WORKERS = (
    same("--workers -w", U, G, H, R),
    idle(
        "--worker-class -k",
        "TARGET says what workers run, --loop on which event loop, --threads how many WSGI requests at a time; nothing "
        "is patched as by gevent",
        G,
        H,
    ),
    same("--threads", G),
    alias("--blocking-threads", "--threads", R, says="of WSGI; what ASGI applications block is theirs"),
    alias("--worker-connections", "--max-connections", G),
    alias(
        "--limit-concurrency",
        "--max-connections",
        U,
        says="so many are served by each worker, where uvicorn counts the one that is refused, too",
    ),
    instead("--backpressure", "here it is --max-connections NUMBER; a connection has one request at a time", R),
    same("--max-requests", G, H),
    same("--max-requests-jitter", G, H),
    alias("--limit-max-requests", "--max-requests", U),
    alias("--limit-max-requests-jitter", "--max-requests-jitter", U),
    same("--timeout -t", G, says="for a worker whose loop is blocked: a request's is --request-timeout"),
    alias("--timeout-worker-healthcheck", "--timeout", U),
    same("--graceful-timeout", G, H),
    alias("--timeout-graceful-shutdown", "--graceful-timeout", U),
    alias("--workers-kill-timeout", "--graceful-timeout", R, convert=to.seconds("--graceful-timeout")),
    alias("--workers-lifetime", "--max-lifetime", R, convert=to.seconds("--max-lifetime")),
    alias("--workers-max-rss", "--max-rss", R, says="in MiB", convert=to.mebibytes),
    idle("--rss-sample-interval --rss-samples", "memory is looked at with every sign of life", R),
    idle(
        "--respawn-failed-workers --no-respawn-failed-workers",
        "a worker that ends is always replaced",
        R,
        has_value=False,
    ),
    idle("--respawn-interval", "a worker that ends is replaced later and later if it keeps failing", R),
    idle(
        "--blocking-threads-idle-timeout --runtime-threads --runtime-blocking-threads --runtime-mode --task-impl",
        _NO_RUNTIME,
        R,
    ),
    idle("--worker-tmp-dir", "workers show that they live over a socket, not by a file", G),
    instead(
        "--preload",
        "each worker imports the application itself, in a fresh interpreter, so that a reload takes new code and "
        "no thread, connection or lock is forked",
        G,
        has_value=False,
    ),
    instead("--dirty-app --dirty-workers --dirty-timeout --dirty-threads --dirty-graceful-timeout", _NO_DIRTY, G),
    idle("--control-socket --control-socket-mode", "a daemon is told by api_hour reload and stop, and by signals", G),
    idle("--no-control-socket", "there is none", G, has_value=False),
)

RELOADING = (
    same("--reload", U, G, H, R, has_value=False),
    idle("--no-reload", "it is off unless --reload is given", R, has_value=False),
    same("--reload-dir", U, variable="RELOAD_DIRS"),
    same("--reload-include", U, variable="RELOAD_INCLUDES"),
    same("--reload-exclude", U, variable="RELOAD_EXCLUDES"),
    alias("--reload-paths", "--reload-dir", R),
    instead(
        "--reload-ignore-dirs --reload-ignore-patterns --reload-ignore-paths", "here it is --reload-exclude PATTERN", R
    ),
    instead("--reload-extra-file", "here it is --reload-dir DIRECTORY and --reload-include PATTERN", G),
    idle("--reload-delay", _WATCHED, U),
    idle("--reload-engine", _WATCHED, G),
    idle("--reload-tick", _WATCHED, R),
    idle(
        "--reload-ignore-worker-failure --no-reload-ignore-worker-failure",
        "where the new code fails, the old one serves on",
        R,
        has_value=False,
    ),
)

APPLICATION = (
    same("--factory", U, R, has_value=False),
    idle("--no-factory", "TARGET is called if it can be called without arguments", R, has_value=False),
    same("--app-dir", U),
    alias("--pythonpath", "--app-dir", G, says="each of its directories", convert=to.paths),
    same("--chdir", G),
    alias("--working-dir", "--chdir", R),
    same("--env-file", U),
    alias("--env-files", "--env-file", R),
    same("--env -e", G),
    idle("--interface", "what TARGET is shows from how it can be called", U, R),
    instead("--paste --paster --paste-global", "there is no PasteDeploy; name the application, MODULE:NAME", G),
    instead("--spew", "no line of the application is traced; a blocked worker leaves its stack", G, has_value=False),
)

PROCESS = (
    same("--config -c", G, H),
    same("--check-config", G, has_value=False),
    instead("--print-config", "here it is --show-config", G, has_value=False),
    same("--daemon -D", G, H, has_value=False),
    same("--pid -p", G, H),
    alias("--pid-file", "--pid", R),
    same("--user -u", G, H),
    same("--group -g", G, H),
    same("--umask -m", G, H),
    idle("--initgroups", "the user's further groups always come with --user", G, has_value=False),
    same("--name -n", G),
    alias("--process-name", "--name", R),
)

OF_PROCESSES = (*ADDRESSES, *WORKERS, *RELOADING, *APPLICATION, *PROCESS)
