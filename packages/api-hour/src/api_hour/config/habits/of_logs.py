"""The habits of logs and metrics."""

from api_hour.config.habits import conversions as to
from api_hour.config.habits.habit import Server, alias, idle, instead, same

U, G, H, R = Server.UVICORN, Server.GUNICORN, Server.HYPERCORN, Server.GRANIAN

_SYSLOG = "here it is --logconfig FILE, with a SysLogHandler"
_METRICS = "metrics are at --monitor ADDRESS, under /metrics"

LOGS = (
    same("--log-level", U, G, H, R),
    alias("--log-file --error-logfile", "--log-file", G, H, says="where - is standard error", convert=to.log_file),
    alias("--error-log", "--log-file", H, says="where - is standard error", convert=to.log_file),
    alias("--log-config", "--logconfig", U, G, H, R, says="which takes JSON and YAML, too"),
    alias("--log-config-json", "--logconfig", G, says="of a file whose name ends in .json"),
    same("--use-colors --no-use-colors", U, has_value=False),
    instead("--logger-class", "here it is --logconfig FILE", G),
    instead(
        "--log-syslog --disable-redirect-access-to-syslog",
        _SYSLOG,
        G,
        has_value=False,
    ),
    instead("--log-syslog-to --log-syslog-prefix --log-syslog-facility", _SYSLOG, G),
    idle(
        "--capture-output",
        "what is printed goes to standard output, with -D to --log-file",
        G,
        has_value=False,
    ),
    idle("--enable-stdio-inheritance -R", "workers have the daemon's standard output and error", G, has_value=False),
    idle("--log", "there is a log", R, has_value=False),
    instead("--no-log", "here it is --log-level critical", R, has_value=False),
    instead("--debug", "here it is --log-level debug; PYTHONASYNCIODEBUG=1 is asyncio's own", H, has_value=False),
)

ACCESS_LOG = (
    alias(
        "--access-log",
        "--access-log",
        U,
        H,
        R,
        says="off by default, without a value common",
        has_value=False,
        words=to.is_access_log_format,
        convert=to.access_log,
    ),
    alias(
        "--no-access-log",
        "--access-log",
        U,
        R,
        says="as off",
        has_value=False,
        convert=to.setting("--access-log", "off"),
    ),
    alias("--access-logfile", "--access-log-file", G, H, says="where - is standard output", convert=to.access_log_file),
    alias("--access-logformat", "--access-log", G, H),
    instead("--access-log-fmt", "here it is --access-log FORMAT, whose atoms are Gunicorn's", R),
)

METRICS = (
    same("--statsd-host", G, H, says="with names as Gunicorn's, and more"),
    same("--statsd-prefix", G, H),
    same("--dogstatsd-tags", G),
    instead("--enable-backlog-metric", _METRICS, G, has_value=False),
    instead("--metrics", _METRICS, R, has_value=False),
    idle("--no-metrics", "there are none unless --monitor is given", R, has_value=False),
    instead("--metrics-address --metrics-port", _METRICS, R),
    idle("--metrics-scrape-interval", "metrics are of the moment in which they are asked for", R),
)

OF_LOGS = (*LOGS, *ACCESS_LOG, *METRICS)
