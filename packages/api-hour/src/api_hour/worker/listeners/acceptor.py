"""The only place that accepts connections.

An acceptor takes one connection for each wake-up and then lets the loop run, and steps back when another worker is to
go first (see `balance.py`): so connections are shared out among the workers that wait on the same socket. The backlog
stays what the supervisor set: asyncio's own servers would reset it.
"""

import asyncio
import errno
import logging
import socket

from api_hour.worker.listeners.balance import STEP_BACK_S, Balance
from api_hour.worker.listeners.certificates import Certificate
from api_hour.worker.listeners.connections import Connections, ProtocolFactory

LOG = logging.getLogger("api_hour.worker")

ACCEPT_PAUSE_S = 0.5  # after running out of descriptors
LONGEST_BACKLOG = 1 << 16  # who gets more than this at once is never done
OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Acceptor:
    """Accepts from one listening socket until it is closed.

    Args:
        listener: the socket, which this one closes.
        factory: makes the protocol of each connection.
        loop: the worker's event loop.
        balance: tells when to step back.
        connections: takes what is accepted.
        certificate: what they are served with; None for no TLS.
    """

    def __init__(
        self,
        listener: socket.socket,
        factory: ProtocolFactory,
        *,
        loop: asyncio.AbstractEventLoop,
        balance: Balance,
        connections: Connections,
        certificate: Certificate | None = None,
    ) -> None:
        self._listener = listener
        self._kind = (int(listener.family), int(listener.type), listener.proto)
        self._factory = factory
        self._loop = loop
        self._balance = balance
        self._connections = connections
        self._certificate = certificate
        self._is_closed = False

    def open(self) -> None:
        """Begin to accept, or go on after a pause."""
        if not self._is_closed:
            self._loop.add_reader(self._listener.fileno(), self._on_connection)

    def close(self) -> None:
        """Accept no more. The listening socket itself stays open in the supervisor."""
        self._is_closed = True
        self._loop.remove_reader(self._listener.fileno())
        self._listener.close()

    def close_after_waiting(self) -> bool:
        """Accept what waits now, whichever worker's turn it would be, and no more; tell whether somebody waited.

        Nothing is done between finding nobody and closing: who came in that time would be reset.
        """
        self._is_closed = True
        self._loop.remove_reader(self._listener.fileno())
        waited = 0
        while waited < LONGEST_BACKLOG and self._accept_one():
            waited += 1
        self._listener.close()
        return waited > 0

    def _on_connection(self) -> None:
        if self._balance.must_step_back():
            self._pause(STEP_BACK_S)
        else:
            self._accept_one()

    def _accept_one(self) -> bool:
        """Take a connection; False when there is none to be had."""
        try:
            accepted, _ = self._listener.accept()
        except ConnectionAbortedError:
            return True  # the client has gone
        except (BlockingIOError, InterruptedError):
            return False  # another worker was faster
        except OSError as error:
            if error.errno not in OUT_OF_RESOURCES:
                raise
            LOG.error("cannot accept connections: %s; next try in %s s", error, ACCEPT_PAUSE_S)  # noqa: TRY400
            self._pause(ACCEPT_PAUSE_S)
            return False
        context = None if self._certificate is None else self._certificate.context
        self._connections.take(accepted, self._kind, self._factory, context)
        return True

    def _pause(self, pause_s: float) -> None:
        self._loop.remove_reader(self._listener.fileno())
        self._loop.call_later(pause_s, self.open)
