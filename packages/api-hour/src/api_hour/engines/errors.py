"""The error of an engine whose data source is out of reach."""


class EngineUnavailable(Exception):
    """The data source cannot be reached now. A server answers it as its protocol says: HTTP with status 503.

    The message is for the log: it may name hosts, users and files.
    """
