"""What the supervisor tells of itself while it runs, to whoever wants to know.

The supervisor knows no user code: what is called here is given to it, and does nothing unless somebody says otherwise.
It runs in the supervisor's one thread, so nothing else happens until it returns.
"""


class SupervisorHooks:
    """The moments of a daemon's life; each is a method that does nothing."""

    def starting(self) -> None:
        """Take note that the daemon is about to open its sockets.

        Raises:
            StartError: it is not to start.
        """

    def opened(self) -> None:
        """Take note that the sockets are open, and no worker is started yet."""

    def workers_wanted(self, workers: int, before: int | None) -> None:
        """Take note of how many workers are wanted; before the first time, None were."""

    def worker_starting(self, worker_id: int) -> None:
        """Take note that the process of a worker is about to be started."""

    def worker_started(self, worker_id: int, pid: int) -> None:
        """Take note of a worker's process id."""

    def worker_exited(self, worker_id: int) -> None:
        """Take note that a worker's process is gone."""

    def reloading(self) -> None:
        """Take note that every worker is about to be replaced."""

    def ended(self) -> None:
        """Take note that no worker is left, and the sockets are closed."""
