"""Waiting for parts to be ready, no longer than they live."""

import time
from collections.abc import Callable, Sequence

from rush_hour.errors import StartError
from rush_hour.load.transport.address import Address
from rush_hour.rig.parts.part import Part

POLL_S = 0.05
CONNECT_TIMEOUT_S = 1.0


class Hopeless(Exception):
    """More waiting would not help; says what goes on, as the rest of a sentence whose subject is waited for."""


def wait_until(try_it: Callable[[], str | None], *parts: Part, what: str, timeout_s: float) -> None:
    """Try until it works.

    Args:
        try_it: returns None when it works, else why not; may raise `Hopeless`.
        parts: what is waited for: when one ends, so does the wait.
        what: their name for the message.
        timeout_s: how long to try, in seconds.

    Raises:
        StartError: one ended, the time is up, or it is hopeless. The message has the end of its log, or of all logs.
    """
    give_up_at_s = time.monotonic() + timeout_s
    while (problem := _try(try_it, what, parts)) is not None:
        for part in parts:
            if part.exit_code is not None:
                raise StartError(
                    f"{what} ended with exit code {part.exit_code} before it was ready.\n{part.log_tail()}"
                )
        if time.monotonic() >= give_up_at_s:
            raise StartError(f"{what} was not ready after {timeout_s:g} s: {problem}\n{_logs(parts)}")
        time.sleep(POLL_S)


def why_closed(address: Address) -> str | None:
    """Return why no connection is accepted at an address, nor at others of the same name; None where one is."""
    reasons = [_why_refused(one) for one in (address, *address.others)]
    return None if None in reasons else "; ".join(reason for reason in reasons if reason is not None)


def _why_refused(address: Address) -> str | None:
    with address.open_socket(blocking=True) as client:
        client.settimeout(CONNECT_TIMEOUT_S)
        try:
            client.connect(address.sockaddr)
        except OSError as error:
            return f"{address.label}: {error.strerror or error}"
    return None


def _try(try_it: Callable[[], str | None], what: str, parts: Sequence[Part]) -> str | None:
    try:
        return try_it()
    except Hopeless as hopeless:
        raise StartError(f"{what} {hopeless}\n{_logs(parts)}") from hopeless


def _logs(parts: Sequence[Part]) -> str:
    return "\n".join(part.log_tail() for part in parts)
