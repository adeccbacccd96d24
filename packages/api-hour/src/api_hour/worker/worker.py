"""The worker as the Container in it, and the hooks of its configuration file, see it: `container.worker`.

Beside what is ours it has what Containers written for API-Hour 0.8 use of Gunicorn's worker.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api_hour.access_log import AccessLog
from api_hour.config.gunicorn_config import GunicornConfig
from api_hour.config.http_options import HttpOptions
from api_hour.log.gunicorn_logger import GunicornLogger
from api_hour.stats import ServingStats

if TYPE_CHECKING:
    from api_hour.http.request_hooks import RequestHooks  # no worker loads HTTP that serves none


def _do_nothing() -> None:
    pass


@dataclass(eq=False, kw_only=True)
class Worker:
    """One worker. Hooks may note what they like on it.

    Attributes:
        worker_id: its number, from 1.
        pid: its process id.
        workers: how many the daemon was started with.
        stats: counts what servers answer.
        access_log: takes note of each request; None for nobody.
        http: what counts where HTTP servers do not say it themselves.
        heartbeat_timeout_s: how long it may be silent; 0 for as long as it wants.
        cfg: the settings, under Gunicorn's names.
        log: a logger, as Gunicorn's.
        ppid: the supervisor's process id.
        sockets: the listening sockets, each in `.sock`.
        request_hooks: called before and after each request; None for nothing.
        stop: called when `alive` is set to False.
        notify: says at once that the worker is alive; also while its loop is blocked, and from any thread.
    """

    worker_id: int
    pid: int
    workers: int = 1
    stats: ServingStats = field(default_factory=ServingStats)
    access_log: AccessLog | None = None
    http: HttpOptions = field(default_factory=HttpOptions)
    heartbeat_timeout_s: float = 0.0
    cfg: GunicornConfig = field(default_factory=lambda: GunicornConfig({}))
    log: GunicornLogger = field(default_factory=GunicornLogger)
    ppid: int = field(default_factory=os.getppid)
    sockets: Sequence[Any] = ()
    request_hooks: "RequestHooks | None" = None
    stop: Callable[[], object] = _do_nothing
    notify: Callable[[], None] = _do_nothing
    _is_alive: bool = True

    def __str__(self) -> str:
        return f"<Worker {self.pid}>"

    @property
    def age(self) -> int:
        """Gunicorn's name of `worker_id`."""
        return self.worker_id

    @property
    def alive(self) -> bool:
        """Whether the worker is to go on. Set to False, it ends as soon as its requests are answered."""
        return self._is_alive

    @alive.setter
    def alive(self, value: bool) -> None:
        ends = self._is_alive and not value
        self._is_alive = value
        if ends:
            self.stop()
