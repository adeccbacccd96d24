"""The daemon's logging, the same in every process; `JsonFormatter` and `LineContext` for configurations of logging."""

from api_hour.log.context import REQUEST_ID, LineContext
from api_hour.log.formats import JsonFormatter
from api_hour.log.setup import configure_logging

__all__ = ["REQUEST_ID", "JsonFormatter", "LineContext", "configure_logging"]
