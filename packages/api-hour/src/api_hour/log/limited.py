"""A limited number of lines about what clients can cause at will; the rest is counted."""

import asyncio
import logging
from time import monotonic

LINES = 20
PERIOD_S = 60.0


class LimitedLog:
    """Logs at INFO, up to LINES lines in each PERIOD_S; then how many were left out. To be used within a running loop.

    Args:
        logger: where to.
        what: what a line is about, in the plural.
    """

    __slots__ = ("_left_out", "_lines", "_logger", "_until_s", "_what")

    def __init__(self, logger: logging.Logger, what: str) -> None:
        self._logger = logger
        self._what = what
        self._lines = 0
        self._left_out = 0
        self._until_s = 0.0

    def info(self, message: str, *arguments: object) -> None:
        """Log a line, or count it."""
        now_s = monotonic()
        if now_s >= self._until_s:
            self.say_left_out()
            self._until_s = now_s + PERIOD_S
            self._lines = 0
        if self._lines < LINES:
            self._lines += 1
            self._logger.info(message, *arguments)
            return
        if not self._left_out:
            asyncio.get_running_loop().call_later(self._until_s - now_s, self.say_left_out)
        self._left_out += 1

    def say_left_out(self) -> None:
        """Log how many lines were left out, if any were."""
        left_out, self._left_out = self._left_out, 0
        if left_out:
            self._logger.info("%d more %s in a minute were left out here", left_out, self._what)
