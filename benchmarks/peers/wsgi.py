"""The smallest service as a raw WSGI application, without a framework: `wsgi:application`."""

from typing import Any

INDEX = b'{"hello":"world"}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(INDEX)))]


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer one path."""
    if environ["PATH_INFO"] == "/index":
        start_response("200 OK", HEADERS)
        return [INDEX]
    start_response("404 Not Found", [("Content-Length", "0")])
    return []
