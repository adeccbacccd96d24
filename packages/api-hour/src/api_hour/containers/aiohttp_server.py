"""A server that an application of aiohttp made by `make_handler()`, with arguments that aiohttp once had.

aiohttp takes them, and finds at the first connection that it knows them no more: it says so each time, and serves with
none of the arguments. Here they get the names of today before that.
"""

import inspect
import logging
import re
import sys
from typing import Any

LOG = logging.getLogger("api_hour.worker")

RENAMED = {"keep_alive": "keepalive_timeout"}

ATOMS = {
    "h": "%a", "t": "%t", "r": "%r", "s": "%s", "b": "%b", "B": "%b", "T": "%T", "D": "%D", "L": "%Tf", "p": "%P",
    "f": "%{Referer}i", "a": "%{User-Agent}i",
}  # fmt: skip
"""aiohttp's names of the atoms of an access log's format, by Gunicorn's."""

_ATOM = re.compile(r"%\((\{[^}]+\}[ioe]|\w+)\)s")


def renew(handler: Any) -> None:
    """Give the arguments of an `aiohttp.web.Server` the names that its connections know; leave other handlers alone."""
    web = sys.modules.get("aiohttp.web")
    if web is None or not isinstance(handler, web.Server):
        return
    arguments: dict[str, Any] = handler._kwargs  # noqa: SLF001  # no public name leads to it
    for old, new in RENAMED.items():
        if old in arguments:
            arguments[new] = arguments.pop(old)
    if isinstance(arguments.get("access_log_format"), str):
        arguments["access_log_format"] = as_aiohttp(arguments["access_log_format"])
    known = inspect.signature(web.RequestHandler).parameters
    for unknown in arguments.keys() - known.keys():
        LOG.warning("make_handler(): aiohttp knows no %s any more; it is passed over", unknown)
        del arguments[unknown]


def as_aiohttp(log_format: str) -> str:
    """Return a format of an access log, as Gunicorn writes it, in aiohttp's way; what it has no atom for is a `-`."""

    def rename(match: re.Match[str]) -> str:
        name = match[1]
        return f"%{name}" if name.startswith("{") else ATOMS.get(name, "-")

    return _ATOM.sub(rename, log_format)
