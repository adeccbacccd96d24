"""The files of a directory, served below a path.

Rule that must hold: nothing is served but regular files below the directory. Refused, as if they were not there: names
that begin with a dot (so `..`, and `.git`), empty names, NUL, and symbolic links that lead out. There is no index of a
directory.
"""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from api_hour.http.files.content_type import content_type_of
from api_hour.http.files.open_file import OpenFile, open_file_within
from api_hour.http.files.response import respond_with
from api_hour.http.message.errors import HttpError
from api_hour.http.message.negotiation import VARY, choose_coding
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response


class StaticFiles:
    """A handler of GET for a route that ends in `{path:path}`.

    Args:
        directory: the files' directory.
        precompressed: whether `style.css.gz`, if it is not older, is sent for `style.css` to those who accept gzip.
        headers: more headers, such as Cache-Control.
    """

    def __init__(
        self, directory: str | Path, *, precompressed: bool = False, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._directory = os.fspath(directory)
        self._precompressed = precompressed
        self._headers = [*headers, VARY] if precompressed else [*headers]

    async def __call__(self, request: Request) -> Response:
        """Answer with the file at the path parameter `path`.

        Raises:
            HttpError: 404, there is none.
        """
        names = file_names(request.path_parameters["path"])
        wants_gzip = self._precompressed and choose_coding(request.headers.get("accept-encoding"), ["gzip"]) == "gzip"
        opened, coding = await asyncio.to_thread(self._open, names, wants_gzip=wants_gzip)
        content_type = content_type_of(names[-1])
        return respond_with(opened, request, content_type=content_type, headers=self._headers, coding=coding)

    def _open(self, names: list[str], *, wants_gzip: bool) -> tuple[OpenFile, str | None]:
        """Open a file or its compressed form; in a thread."""
        opened = open_file_within(self._directory, names)
        if wants_gzip:
            try:
                compressed = open_file_within(self._directory, [*names[:-1], f"{names[-1]}.gz"])
            except HttpError:
                return opened, None
            if compressed.changed_at_ns >= opened.changed_at_ns:
                opened.close()
                return compressed, "gzip"
            compressed.close()
        return opened, None


def file_names(path: str) -> list[str]:
    """Return the names that a decoded path is made of.

    Raises:
        HttpError: 404, one of them is not for clients.
    """
    names = path.split("/")
    if any(not name or name.startswith(".") or "\0" in name for name in names):
        raise HttpError(404, "there is no such file")
    return names
