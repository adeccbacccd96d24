"""Gunicorn's hooks that run in the supervisor, as what the supervisor tells of itself."""

import logging
import os
from dataclasses import dataclass

from api_hour.config.gunicorn_config import GunicornConfig
from api_hour.config.hooks import Hooks
from api_hour.control.gunicorn_server import GunicornServer
from api_hour.control.spec import WorkerSpec
from api_hour.errors import StartError
from api_hour.log.gunicorn_logger import GunicornLogger, open_gunicorn_logger
from api_hour.supervisor.hooks import SupervisorHooks

LOG = logging.getLogger("api_hour.config")

BOOTING = "[booting]"


@dataclass(eq=False, kw_only=True)
class StartedWorker:
    """A worker as the supervisor's hooks see it; they may note what they like on it.

    Attributes:
        age: its number, from 1.
        pid: its process id; a word for that before there is one.
        ppid: the supervisor's process id.
        cfg: the settings.
        log: a logger.
        alive: whether its process is not gone.
    """

    age: int
    pid: int | str = BOOTING
    ppid: int
    cfg: GunicornConfig
    log: GunicornLogger
    alive: bool = True

    def __str__(self) -> str:
        return f"<Worker {self.pid}>"


class GunicornHooks(SupervisorHooks):
    """Calls the hooks of a configuration file, each with the objects that it has under Gunicorn.

    Args:
        hooks: the functions.
        spec: that of the workers, with the settings.
    """

    def __init__(self, hooks: Hooks, spec: WorkerSpec) -> None:
        self._hooks = hooks
        self._cfg = GunicornConfig(spec.gunicorn)
        level = None if spec.log.logconfig is not None else spec.log.log_level
        self._log = open_gunicorn_logger(level)
        self._server = GunicornServer(pid=os.getpid(), cfg=self._cfg, log=self._log, num_workers=spec.worker.workers)
        self._workers: dict[int, StartedWorker] = {}

    def starting(self) -> None:
        """Call `on_starting`, without which the daemon does not start."""
        self._server.pid = os.getpid()
        try:
            self._hooks.run("on_starting", self._server)
        except (Exception, SystemExit) as error:
            LOG.exception("the hook on_starting raised")
            raise StartError(f"the hook on_starting raised {type(error).__name__}: {error}") from error

    def opened(self) -> None:
        """Call `when_ready`."""
        self._hooks.call("when_ready", self._server)

    def workers_wanted(self, workers: int, before: int | None) -> None:
        """Call `nworkers_changed`."""
        self._server.num_workers = workers
        self._hooks.call("nworkers_changed", self._server, workers, before)

    def worker_starting(self, worker_id: int) -> None:
        """Call `pre_fork`."""
        worker = StartedWorker(age=worker_id, ppid=self._server.pid, cfg=self._cfg, log=self._log)
        self._workers[worker_id] = worker
        self._hooks.call("pre_fork", self._server, worker)

    def worker_started(self, worker_id: int, pid: int) -> None:
        """Know the worker by its process id, too."""
        self._workers[worker_id].pid = pid
        self._server.WORKERS[pid] = self._workers[worker_id]

    def worker_exited(self, worker_id: int) -> None:
        """Call `child_exit`."""
        worker = self._workers.pop(worker_id)
        worker.alive = False
        if isinstance(worker.pid, int):
            del self._server.WORKERS[worker.pid]
        self._hooks.call("child_exit", self._server, worker)

    def reloading(self) -> None:
        """Call `nworkers_changed`, as Gunicorn does when it has read its configuration again, and `on_reload`."""
        workers = self._server.num_workers
        self._hooks.call("nworkers_changed", self._server, workers, workers)
        self._hooks.call("on_reload", self._server)

    def ended(self) -> None:
        """Call `on_exit`."""
        self._hooks.call("on_exit", self._server)
