"""What an engine raises when its data source is out of reach."""


class EngineUnavailable(Exception):
    """The data source cannot be reached now. A server answers it as its protocol says: HTTP with status 503.

    Attributes:
        retry_after_s: when it makes sense to ask again, in whole seconds.
    """

    retry_after_s = 1
