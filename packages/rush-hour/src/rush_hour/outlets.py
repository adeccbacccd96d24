"""Standard output and standard error, for as long as a command runs: what cannot be written there is no reason to stop.

A reader may have gone (`| head`), the disk be full, the terminal know no more than ASCII. What was lost is noted.
"""

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import Any, TextIO, cast

PLAIN = "rush-hour-plain"  # the name of our error handler
_FRAMES = {"│": "|", "─": "-", "╭": "+", "╮": "+", "╰": "+", "╯": "+"}
_LEVELS = dict(zip("▁▂▃▄▅▆▇", "_.-=+*#", strict=True))  # of sparklines
_BARS = {"━": "=", "╸": "-", "·": "."}
_IN_ASCII = {"µ": "u", "…": "...", "–": "-", **_FRAMES, **_LEVELS, **_BARS}


class Outlet:
    """A text stream that goes on when it cannot be written any more.

    Args:
        stream: where to write; None for a descriptor that is closed.

    Attributes:
        lost: why something was lost; None as long as nothing was.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.lost: OSError | None = None if stream is not None else OSError(9, os.strerror(9))

    def write(self, text: str) -> int:
        """Write a text if that is still possible."""
        if self._stream is not None and self.lost is None:
            try:
                self._stream.write(text)
            except OSError as error:
                self.lost = error
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        if self._stream is not None and self.lost is None:
            try:
                self._stream.flush()
            except OSError as error:
                self.lost = error

    def isatty(self) -> bool:
        """Whether somebody sees it as it comes."""
        return self._stream is not None and self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def outlets() -> Iterator[tuple[Outlet, Outlet]]:
    """Put outlets in the place of standard output and standard error."""
    streams = sys.stdout, sys.stderr
    out, err = Outlet(streams[0]), Outlet(streams[1])
    sys.stdout, sys.stderr = cast("TextIO", out), cast("TextIO", err)
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = streams


def prepare_streams() -> None:
    """Make the process's own streams usable: closed descriptors are taken by nothing else, any text can be written."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= 2:
        descriptor = os.dup(descriptor)
    os.close(descriptor)
    codecs.register_error(PLAIN, _write_plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=PLAIN)


def leave_streams(*outlets: Outlet) -> None:
    """Let the interpreter's end find nothing that it could not write."""
    for descriptor, outlet in enumerate(outlets, start=1):
        if outlet.lost is not None:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, descriptor)
            os.close(null)


def _write_plainly(error: UnicodeError) -> tuple[str, int]:
    """Replace what a stream's encoding does not have by what looks like it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    return "".join(_IN_ASCII.get(character, "?") for character in unknown), error.end
