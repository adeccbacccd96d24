"""The daemon's logging, the same in every process: `configure_logging`, and `JsonFormatter` for a `logging.ini`."""

from api_hour.log.setup import JsonFormatter, configure_logging

__all__ = ["JsonFormatter", "configure_logging"]
