"""Waiting for parts to be ready, no longer than they live."""

import time
from collections.abc import Callable

from rush_hour.errors import StartError
from rush_hour.rig.part import Part

POLL_S = 0.05


def wait_until(try_it: Callable[[], str | None], *parts: Part, what: str, timeout_s: float) -> None:
    """Try until it works.

    Args:
        try_it: returns None when it works, else why not.
        parts: what is waited for: when one ends, so does the wait.
        what: their name for the message.
        timeout_s: how long to try, in seconds.

    Raises:
        StartError: one ended, or the time is up. The message has the end of its log, or of all logs.
    """
    give_up_at_s = time.monotonic() + timeout_s
    while (problem := try_it()) is not None:
        for part in parts:
            if part.exit_code is not None:
                raise StartError(
                    f"{what} ended with exit code {part.exit_code} before it was ready.\n{part.log_tail()}"
                )
        if time.monotonic() >= give_up_at_s:
            logs = "\n".join(part.log_tail() for part in parts)
            raise StartError(f"{what} was not ready after {timeout_s:g} s: {problem}\n{logs}")
        time.sleep(POLL_S)
