"""Reading from a client, or not: it is read from unless somebody has a reason to hold it.

Rule that must hold: a hold belongs to what is too full, which lets go when it is emptied or ends. So nobody needs to
know of the others' holds, and none outlives its reason.
"""

from asyncio import Transport

WAITING = 1  # many requests wait for their turn
BODY = 2  # much of a body has come that its handler has not read
SUCCESSOR = 4  # the protocol that has taken over has much to do, or the client does not read what that says
EVERYTHING = WAITING | BODY | SUCCESSOR


class Reading:
    """Reads from one client, or holds it.

    Args:
        transport: the connection's.
    """

    __slots__ = ("_holds", "_transport")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._holds = 0

    def hold(self, reason: int) -> None:
        """Do not read, for a reason."""
        if not self._holds and not self._transport.is_closing():
            self._transport.pause_reading()
        self._holds |= reason

    def let_go(self, reasons: int) -> bool:
        """Read again if there are no other reasons; tell whether any of these was one."""
        held = self._holds & reasons
        if held:
            self._holds ^= held
            if not self._holds and not self._transport.is_closing():
                self._transport.resume_reading()
        return bool(held)
