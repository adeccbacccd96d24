"""The environ of a request (PEP 3333; RFC 3875, section 4.1, whose names it has)."""

import sys
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from api_hour.http.message.request import Request
from api_hour.http.wire.address import Address
from api_hour.http.wsgi.call import Environ
from api_hour.http.wsgi.file_wrapper import FileWrapper
from api_hour.version import __version__

SOFTWARE = f"API-Hour/{__version__}"

_PORTS = {"http": "80", "https": "443"}


class Environs:
    """Makes the environs of one server.

    Args:
        is_multithread: whether several requests are answered at the same time in this process.
        is_multiprocess: whether other processes answer, too.
        script_name: the path below which the application is, without a slash at its end.
    """

    def __init__(self, *, is_multithread: bool, is_multiprocess: bool, script_name: str = "") -> None:
        self._script_name = script_name
        self._common: Environ = {
            "SCRIPT_NAME": script_name,
            "SERVER_SOFTWARE": SOFTWARE,
            "wsgi.version": (1, 0),
            "wsgi.multithread": is_multithread,
            "wsgi.multiprocess": is_multiprocess,
            "wsgi.run_once": False,
            "wsgi.file_wrapper": FileWrapper,
            "wsgi.input_terminated": True,
        }

    def of(
        self, request: Request, client: Address | None, server: tuple[str, int | None] | None, scheme: str
    ) -> Environ:
        """Return the environ of a request; `wsgi.input` and the length of its body are not in it.

        Args:
            request: the request.
            client: address and port of the client; None for a unix socket's.
            server: the address that it has connected to; a unix socket's has no port.
            scheme: `http` or `https`.
        """
        environ = self._common.copy()
        target = request.target.decode("latin-1")
        path, _, query = target.partition("?")
        environ["REQUEST_METHOD"] = request.method
        environ["PATH_INFO"] = self._path_info(path)
        environ["QUERY_STRING"] = query
        environ["RAW_URI"] = environ["REQUEST_URI"] = target
        environ["SERVER_PROTOCOL"] = "HTTP/1.0" if request.is_http_1_0 else "HTTP/1.1"
        environ["wsgi.url_scheme"] = scheme
        environ["wsgi.errors"] = sys.stderr
        if client is None:
            environ["REMOTE_ADDR"] = ""
        else:
            environ["REMOTE_ADDR"] = client[0]
            environ["REMOTE_PORT"] = str(client[1])
        for name, value in request.raw_headers:
            key = _key_of(name)
            if key in environ:
                environ[key] += ("; " if key == "HTTP_COOKIE" else ",") + value.decode("latin-1")
            elif key:
                environ[key] = value.decode("latin-1")
        if server is None or server[1] is None:
            _name_by_host(environ, scheme)
        else:
            environ["SERVER_NAME"] = server[0]
            environ["SERVER_PORT"] = str(server[1])
        return environ

    def _path_info(self, path: str) -> str:
        """Return the decoded path below the application's own, as text of latin-1 (PEP 3333, "Unicode Issues")."""
        if "%" in path:
            path = unquote_to_bytes(path).decode("latin-1")
        script_name = self._script_name
        if script_name and (path == script_name or path.startswith(script_name + "/")):
            return path[len(script_name) :]
        return path


def _name_by_host(environ: Environ, scheme: str) -> None:
    """Name the server of a unix socket by what the client calls it."""
    host: str = environ.get("HTTP_HOST", "")
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        name, port = host, ""
    environ["SERVER_NAME"] = name or "localhost"
    environ["SERVER_PORT"] = port or _PORTS[scheme]


@lru_cache(maxsize=1024)
def _key_of(name: bytes) -> str:
    """Return the key of a header, whose name is in lower case; nothing for one that applications must not see.

    Of `X-A` and `X_A` both would be `HTTP_X_A`: a client could say what only a proxy may. `Proxy` would be taken for
    the address of a proxy by programs that are called as of CGI (CVE-2016-5385).
    """
    if b"_" in name or name == b"proxy":
        return ""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if name in (b"content-type", b"content-length") else f"HTTP_{key}"


def set_body(environ: Environ, body: Any, size_bytes: int | None) -> None:
    """Give an environ its body.

    Args:
        environ: the environ.
        body: read by the application.
        size_bytes: how large it is; None for one that comes in chunks and is read as it comes.
    """
    environ["wsgi.input"] = body
    if size_bytes is not None and "HTTP_TRANSFER_ENCODING" in environ:  # it has come, and is in chunks no more
        del environ["HTTP_TRANSFER_ENCODING"]
        environ["CONTENT_LENGTH"] = str(size_bytes)
