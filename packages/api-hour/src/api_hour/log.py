"""How the daemon logs: to standard error, or as a logging.config file says. The same in every process."""

import logging
import logging.config
from pathlib import Path

from api_hour.errors import ConfigError

LOG_FORMAT = "%(asctime)s [%(process)d] %(levelname)s %(name)s: %(message)s"


def configure_logging(logconfig: Path | str | None) -> None:
    """Set logging up once for this process; Python's warnings are logged too.

    Args:
        logconfig: a file in the format of `logging.config.fileConfig`; None for standard error.

    Raises:
        ConfigError: the file cannot be used.
    """
    logging.captureWarnings(True)
    if logconfig is None:
        logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
        return
    try:
        logging.config.fileConfig(logconfig, disable_existing_loggers=False)
    except Exception as error:
        raise ConfigError(f"--logconfig: {logconfig}: {type(error).__name__}: {error}") from error
