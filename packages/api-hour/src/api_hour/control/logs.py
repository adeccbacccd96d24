"""Logging as every process of a daemon does it: the supervisor and the workers."""

from api_hour.control.spec import WorkerSpec
from api_hour.log import configure_logging


def begin_logging(spec: WorkerSpec, *, worker_id: int | None = None) -> None:
    """Set logging up for this process, in the place of what was set up before.

    Args:
        spec: says how.
        worker_id: the number of the worker that this is; None for the supervisor.

    Raises:
        ConfigError: a file cannot be used.
    """
    configure_logging(
        spec.log.logconfig,
        level=spec.log.log_level,
        log_file=spec.log.log_file,
        prints_to_log=spec.prints_to_log,
        log_format=spec.log.log_format,
        worker_id=worker_id,
        use_colors=spec.log.use_colors,
    )
