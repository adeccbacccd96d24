"""An engine's status, and its patience: what operators look at and set."""

from dataclasses import dataclass
from typing import Literal

State = Literal["up", "connecting", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The times that an engine waits, in seconds."""

    boot_s: float = 10.0  # for the source to come up, before the worker accepts
    borrow_s: float = 2.0  # for a connection, or for a source that was lost, until EngineUnavailable
    connect_s: float = 5.0  # for one attempt to connect, and for one check
    close_s: float = 5.0  # for what is borrowed, when the engine closes
    check_interval_s: float = 5.0  # between checks of a source that is up


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """An engine at one moment, for a page of metrics.

    Attributes:
        name: the engine's.
        state: `connecting` until an attempt succeeds (`up`) or fails (`down`); when it is down it goes on trying.
        since_at_s: since when it is up, or since when it is not, by the event loop's clock.
        last_error: why it is not up, or was not; empty if it always was.
        connections: open now; 0 for an engine that does not count them, as with the next two.
        borrowed: connections in use.
        waiting: callers that wait for a connection.
        refused: callers that were told EngineUnavailable, in all.
    """

    name: str
    state: State
    since_at_s: float
    last_error: str
    connections: int = 0
    borrowed: int = 0
    waiting: int = 0
    refused: int = 0
