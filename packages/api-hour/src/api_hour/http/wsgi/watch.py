"""A watch over calls that keep the event loop from everything else: each is named while it still goes on.

The loop cannot say it itself, and when the supervisor ends the worker for it, nobody else knows which request it was.
"""

import logging
import sys
import threading
import traceback
from time import monotonic

from api_hour.http.message.request import Request

LOG = logging.getLogger("api_hour.http")

LONGEST_INTERVAL_S = 1.0


def stack_of(thread_id: int) -> str:
    """Return where a thread is, as a traceback says it; nothing when it has ended."""
    frame = sys._current_frames().get(thread_id)  # noqa: SLF001  # it is documented
    return "" if frame is None else "".join(traceback.format_stack(frame)).rstrip()


class Watch:
    """Looks at what the loop's thread does, from a thread of its own.

    Args:
        limit_s: how long a call may take before it is named, in seconds.

    Attributes:
        request: the one for which the application is called now; None between two.
    """

    def __init__(self, limit_s: float) -> None:
        self.request: Request | None = None
        self._limit_s = limit_s
        self._watched = threading.get_ident()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="wsgi-watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Watch no more."""
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        seen: Request | None = None
        since_s = 0.0
        is_named = False
        while not self._end.wait(min(self._limit_s / 4, LONGEST_INTERVAL_S)):
            now_s = monotonic()
            request = self.request
            if request is not seen:
                seen, since_s, is_named = request, now_s, False
            elif request is not None and not is_named and now_s - since_s >= self._limit_s:
                is_named = True
                self._name(request, now_s - since_s)

    def _name(self, request: Request, duration_s: float) -> None:
        LOG.warning(
            "%s %r is not answered after %.1f s, and its worker answers nobody meanwhile; it is at:\n%s",
            request.method, request.path, duration_s, stack_of(self._watched),
        )  # fmt: skip
