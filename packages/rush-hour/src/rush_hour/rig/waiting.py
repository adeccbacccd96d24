"""Waiting for a part to be ready, no longer than it lives."""

import time
from collections.abc import Callable

from rush_hour.errors import StartError
from rush_hour.rig.part import Part

POLL_S = 0.05


def wait_until(try_it: Callable[[], str | None], part: Part, *, what: str, timeout_s: float) -> None:
    """Try until it works.

    Args:
        try_it: returns None when it works, else why not.
        part: what is waited for: when it ends, so does the wait.
        what: its name for the message.
        timeout_s: how long to try, in seconds.

    Raises:
        StartError: it ended, or the time is up. The message has the end of its log.
    """
    give_up_at_s = time.monotonic() + timeout_s
    while (problem := try_it()) is not None:
        exit_code = part.exit_code
        if exit_code is not None:
            raise StartError(f"{what} ended with exit code {exit_code} before it was ready.\n{part.log_tail()}")
        if time.monotonic() >= give_up_at_s:
            raise StartError(f"{what} was not ready after {timeout_s:g} s: {problem}\n{part.log_tail()}")
        time.sleep(POLL_S)
