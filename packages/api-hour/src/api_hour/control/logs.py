"""Logging as every process of a daemon does it: the supervisor and the workers."""

from api_hour.control.spec import WorkerSpec
from api_hour.log import configure_logging


def begin_logging(spec: WorkerSpec) -> None:
    """Set logging up once for this process.

    Raises:
        ConfigError: a file cannot be used.
    """
    configure_logging(
        spec.log.logconfig,
        level=spec.log.log_level,
        log_file=spec.log.log_file,
        prints_to_log=spec.prints_to_log,
        use_colors=spec.log.use_colors,
    )
