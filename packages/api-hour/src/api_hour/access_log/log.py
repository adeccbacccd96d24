"""The access log of one worker: to its own file, to standard output, or wherever logging sends it."""

import logging
from collections.abc import Callable
from pathlib import Path
from time import time

from api_hour.access_log.entry import AccessEntry, Exchange, LoggedRequest
from api_hour.access_log.line_file import LineFile
from api_hour.access_log.lines import OFF, LineMaker, line_maker

LOG = logging.getLogger("api_hour.access")


class AccessLog:
    """Writes a line for each request.

    Args:
        make_line: makes the line.
        write: takes it.
        flush: writes what was taken and is still held.
        worker_id: the worker's number.

    Attributes:
        write: as above.
        flush: as above.
    """

    def __init__(
        self,
        make_line: LineMaker,
        write: Callable[[str], None],
        *,
        flush: Callable[[], None] = lambda: None,
        worker_id: int = 0,
    ) -> None:
        self._make_line = make_line
        self.write = write
        self._worker_id = worker_id
        self.flush = flush

    def note(
        self,
        exchange: Exchange,
        request: LoggedRequest | None,
        *,
        status: int,
        response_bytes: int,
        duration_ns: int,
        is_aborted: bool,
        refusal: str | None = None,
    ) -> None:
        """Write the line of a request that is over: see `AccessEntry`."""
        entry = AccessEntry(
            exchange,
            request,
            status=status,
            response_bytes=response_bytes,
            duration_ns=duration_ns,
            ended_at_s=time(),
            worker_id=self._worker_id,
            is_aborted=is_aborted,
            refusal=refusal,
        )
        self.write(self._make_line(entry))


def open_access_log(
    text: str | None, path: Path | str | None, *, uses_logging: bool, worker_id: int
) -> AccessLog | None:
    """Return the access log; None when there is none.

    Args:
        text: what `--access-log` says.
        path: the file; None for standard output, or for logging.
        uses_logging: whether lines without a file go to the logger `api_hour.access`.
        worker_id: the worker's number.

    Raises:
        ConfigError: the format is wrong, or the file cannot be written to.
    """
    if text is None or text == OFF:
        return None
    make_line = line_maker(text)
    if uses_logging and path is None:
        return AccessLog(make_line, lambda line: LOG.info("%s", line), worker_id=worker_id)
    file = LineFile(path)
    return AccessLog(make_line, file.write, flush=file.flush, worker_id=worker_id)
