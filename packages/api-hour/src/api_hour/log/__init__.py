"""How the daemon logs, in every process alike: `configure_logging`, and `JsonFormatter` for a `logging.ini`."""

from api_hour.log.setup import JsonFormatter, configure_logging

__all__ = ["JsonFormatter", "configure_logging"]
