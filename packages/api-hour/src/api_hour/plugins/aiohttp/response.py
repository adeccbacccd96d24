"""Answers that a handler returns or raises."""

import json
from typing import Any

from aiohttp.typedefs import LooseHeaders
from aiohttp.web import HTTPException, Response


class _Answer(HTTPException):
    """An answer with a body, as a response and as an exception.

    aiohttp warns of exceptions with a body, and of exceptions that are returned; this one is made for both.
    """

    __http_exception__ = False

    def __init__(
        self, body: str, content_type: str, status: int, reason: str | None, headers: LooseHeaders | None
    ) -> None:
        self.status_code = status
        Response.__init__(
            self, body=body.encode(), status=status, reason=reason, headers=headers, content_type=content_type
        )
        Exception.__init__(self, self.reason)


class JSON(_Answer):
    """A JSON document.

    Args:
        data: what becomes the document; what JSON has no form for, becomes a text.
        status: the status.
        reason: its words; by default the standard ones.
        headers: further header fields.
    """

    def __init__(
        self, data: Any, status: int = 200, reason: str | None = None, headers: LooseHeaders | None = None
    ) -> None:
        document = json.dumps(data, default=str, separators=(",", ":"))
        super().__init__(document, "application/json", status, reason, headers)


class HTML(_Answer):
    """A page.

    Args:
        data: the page, in UTF-8.
        status: the status.
        reason: its words; by default the standard ones.
        headers: further header fields.
    """

    def __init__(
        self, data: str, status: int = 200, reason: str | None = None, headers: LooseHeaders | None = None
    ) -> None:
        super().__init__(data, "text/html", status, reason, headers)
