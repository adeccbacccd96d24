"""The daemon as a hook sees it: the `server` of Gunicorn's hooks, in the supervisor and in its workers."""

from dataclasses import dataclass, field
from typing import Any

from api_hour.config.gunicorn_config import GunicornConfig
from api_hour.log.gunicorn_logger import GunicornLogger


@dataclass(eq=False, kw_only=True)
class GunicornServer:
    """The supervisor, with the names that Gunicorn's arbiter has. Hooks may note what they like on it.

    Attributes:
        pid: its process id.
        cfg: the settings.
        log: a logger.
        num_workers: how many workers are wanted.
        WORKERS: the workers by process id; empty in a worker.
    """

    pid: int
    cfg: GunicornConfig
    log: GunicornLogger
    num_workers: int
    WORKERS: dict[int, Any] = field(default_factory=dict)

    @property
    def address(self) -> list[tuple[str, int] | str]:
        """The addresses: of each its host and port, or the path of a unix socket."""
        return self.cfg.address

    @property
    def proc_name(self) -> str:
        """The name in the titles of the processes."""
        return str(self.cfg.proc_name)

    @property
    def timeout(self) -> float:
        """Seconds without a sign of life after which a worker is killed."""
        return float(self.cfg.timeout)
