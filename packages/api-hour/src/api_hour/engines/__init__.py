"""Engines: where the data comes from. One module for each kind of data source."""

from abc import ABC, abstractmethod


class EngineUnavailable(Exception):
    """The data source cannot be reached now. A server answers it as its protocol says: HTTP with status 503."""


class Engine(ABC):
    """A data source that a worker connects before it serves and closes after its last answer."""

    @abstractmethod
    async def connect(self) -> None:
        """Connect, or raise: a worker whose engine does not connect does not serve."""

    @abstractmethod
    async def close(self) -> None:
        """Close gracefully: work that is under way finishes first."""
