"""The context of a line in the log: the worker that writes it, and the request that it is about."""

import logging
from contextvars import ContextVar

REQUEST_ID: ContextVar[str | None] = ContextVar("api_hour.request_id", default=None)
"""The id of the request that is being answered; None outside of requests, or where requests have no ids."""


class LineContext(logging.Filter):
    """Gives each record `worker_id` and `request_id`, unless it has them; None for what there is not.

    A filter for handlers, such as `{"()": "api_hour.log.LineContext"}` in a configuration of `logging.config`.
    """

    worker_id: int | None = None
    """The number of the worker that this process is; None for the supervisor."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete a record, and let it pass."""
        fields = vars(record)
        fields.setdefault("worker_id", LineContext.worker_id)
        fields.setdefault("request_id", REQUEST_ID.get())
        return True
