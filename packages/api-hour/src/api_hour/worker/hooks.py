"""Gunicorn's hooks that run in a worker: its interpreter is a fresh one, so it reads the configuration file again."""

import signal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from api_hour.config.hooks import IN_WORKERS, Hooks
from api_hour.control.gunicorn_server import GunicornServer
from api_hour.worker.signals import write_stack_when_asked
from api_hour.worker.worker import Worker

if TYPE_CHECKING:
    from api_hour.http.request_hooks import RequestHooks

INTERRUPTS = (signal.SIGINT, signal.SIGQUIT)


class WorkerHooks:
    """Calls the hooks of one worker.

    Args:
        hooks: the functions.
        worker: the worker.
        stack_fd: where its stack goes when it is asked for.
    """

    def __init__(self, hooks: Hooks, worker: Worker, stack_fd: int) -> None:
        self._hooks = hooks
        self._worker = worker
        self._stack_fd = stack_fd
        self._server = GunicornServer(pid=worker.ppid, cfg=worker.cfg, log=worker.log, num_workers=worker.workers)

    @classmethod
    def of_file(cls, path: str | None, worker: Worker, stack_fd: int) -> "WorkerHooks":
        """Return those of a configuration file; without one, none.

        Raises:
            ConfigError: the file raises, or a hook is not what it must be.
        """
        if path is None:
            return cls(Hooks(), worker, stack_fd)
        from api_hour.config.files import read_hooks  # noqa: PLC0415  # few workers read such a file

        return cls(read_hooks(Path(path), IN_WORKERS), worker, stack_fd)

    def begin(self) -> None:
        """Call `post_fork`, and have the others called when it is time for them.

        Raises:
            Exception: whatever `post_fork` raises: the worker does not come up.
        """
        self._worker.request_hooks = self._request_hooks()
        if "worker_abort" in self._hooks:
            signal.signal(signal.SIGABRT, self._on_abort)
            write_stack_when_asked(self._stack_fd, then=self._on_late)
        self._hooks.run("post_fork", self._server, self._worker)

    def loaded(self) -> None:
        """Call `post_worker_init`.

        Raises:
            Exception: whatever it raises: the worker does not come up.
        """
        self._hooks.run("post_worker_init", self._worker)

    def interrupted(self) -> None:
        """Call `worker_int`."""
        self._hooks.call("worker_int", self._worker)

    def ended(self) -> None:
        """Call `worker_exit`."""
        self._hooks.call("worker_exit", self._server, self._worker)

    def _on_late(self, _number: int, _frame: FrameType | None) -> None:
        """Call `worker_abort`: the supervisor has asked for the stack, and is about to kill this worker."""
        self._hooks.call("worker_abort", self._worker)

    def _on_abort(self, number: int, frame: FrameType | None) -> None:
        self._on_late(number, frame)
        raise SystemExit(1)

    def _request_hooks(self) -> "RequestHooks | None":
        worker, hooks = self._worker, self._hooks
        if "pre_request" not in hooks and "post_request" not in hooks:
            return None
        from api_hour.http.request_hooks import RequestHooks  # noqa: PLC0415  # loads HTTP

        return RequestHooks(
            (lambda req: hooks.call("pre_request", worker, req)) if "pre_request" in hooks else None,
            (lambda *of: hooks.call("post_request", worker, *of)) if "post_request" in hooks else None,
        )
