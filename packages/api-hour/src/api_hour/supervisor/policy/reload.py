"""A reload: every worker of an older generation is replaced, until all are new or one of the new ones fails.

Rule 3 of `decisions.py` is kept here. Pure.
"""

from dataclasses import dataclass

from api_hour.supervisor.policy.events import Notify, ServiceState
from api_hour.supervisor.policy.pool import Pool
from api_hour.supervisor.policy.transcript import Transcript


@dataclass(slots=True, kw_only=True)
class Reload:
    """The reloads of a daemon, of which one may be running.

    Args:
        pool: the workers.
        transcript: takes what is to be done.

    Attributes:
        begun: how many there were.
        failed: how many of them failed.
        failure: why the last one failed; empty if it did not.
        is_running: whether there is one.
    """

    pool: Pool
    transcript: Transcript
    begun: int = 0
    failed: int = 0
    failure: str = ""
    is_running: bool = False

    def begin(self) -> None:
        """Make every worker stale; one that is running begins again."""
        self.pool.generation += 1
        self.begun += 1
        self.failure = ""
        again = "again, " if self.is_running else ""
        self.transcript.say(f"reload: {again}replacing {self.pool.holding()} workers one by one")
        self._open()

    def refuse(self, reason: str) -> None:
        """Begin none: one that is running goes on."""
        self.begun += 1
        self.failed += 1
        self.failure = reason
        self.transcript.say(f"reload refused, everything stays as it is: {reason}", is_failure=True)
        if not self.is_running:  # the service manager waits for the end of what it has asked for
            self._open()
            self.end()

    def fail(self, reason: str) -> None:
        """Leave the workers as they are: one of the new ones has failed."""
        old = self.pool.keep_old()
        self.failed += 1
        self.failure = reason
        self.transcript.say(f"reload failed, {old} workers stay as they are: {reason}", is_failure=True)
        self.end()

    def end_if_done(self) -> None:
        """End it when all that serve are new."""
        if self.is_running and not any(map(self.pool.is_old, self.pool.serving())):
            self.transcript.say("reload done")
            self.end()

    def end(self) -> None:
        """End it, if there is one."""
        if self.is_running and self.pool.is_announced:
            self.transcript.do(Notify(state=ServiceState.READY))
        self.is_running = False

    def abandon(self) -> None:
        """Say no more of it: the daemon ends."""
        if self.is_running:
            self.pool.keep_old()
        self.is_running = False

    def _open(self) -> None:
        if self.pool.is_announced and not self.is_running:
            self.transcript.do(Notify(state=ServiceState.RELOADING))
        self.is_running = True
