"""The vocabulary of the supervisor's policy: events and actions.

Events are facts, actions are commands. Both are plain data: `decisions.py` maps one to the other, `daemon.py` makes the
events and carries out the actions.

Pure: imports no asyncio, socket, subprocess or time.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from api_hour.config.worker_options import WorkerOptions
from api_hour.supervisor.policy.reasons import KillReason, RetireReason


class DaemonState(StrEnum):
    """The state of a daemon as a whole."""

    BOOTING = "booting"
    SERVING = "serving"
    RELOADING = "reloading"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReady:
    """A worker accepts connections."""

    worker_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAlive:
    """A worker's heartbeat: its event loop runs, and it has answered and uses so much."""

    worker_id: int
    requests: int = 0
    rss_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpent:
    """A worker has reached a limit and is to be replaced; it goes on serving until then."""

    worker_id: int
    reason: RetireReason


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerExited:
    """A worker's process is gone. A negative exit code is the signal that ended it."""

    worker_id: int
    exit_code: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadRequested:
    """Somebody wants every worker replaced by one with the newest code, and these options; None for those of before."""

    options: WorkerOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadRefused:
    """Somebody wants a reload, and its options cannot be."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreWorkers:
    """Somebody wants one worker more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FewerWorkers:
    """Somebody wants one worker less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested:
    """Somebody wants the daemon to end: when its requests are answered, or at once.

    Attributes:
        by_interrupt: whether it was Ctrl-C, which the workers are told.
    """

    at_once: bool = False
    by_interrupt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsMoved:
    """Somebody has moved the files of the logs away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRequested:
    """Somebody wants a new supervisor to take over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverDone:
    """The successor's workers serve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverFailed:
    """The successor's process is gone."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed."""


WorkerEvent = WorkerReady | WorkerAlive | WorkerSpent | WorkerExited
Request = ReloadRequested | ReloadRefused | MoreWorkers | FewerWorkers | StopRequested | HandoverRequested
Event = WorkerEvent | Request | LogsMoved | HandoverDone | HandoverFailed | Tick


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWorker:
    """Start a process under this number. It says when it has answered `request_limit` requests; 0 for no limit."""

    worker_id: int
    request_limit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireWorker:
    """Ask the worker to accept nothing more, to tell its clients to go, and to end."""

    worker_id: int
    reason: RetireReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseListeners:
    """Let go of the listening sockets, so that nobody can connect when the workers have let go of them, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWorker:
    """Ask the worker to close idle connections, to finish its requests and to end."""

    worker_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpStack:
    """Ask the worker's interpreter for its stack. A `KillWorker` follows unless the worker comes back to life."""

    worker_id: int
    reason: KillReason


@dataclass(frozen=True, slots=True, kw_only=True)
class KillWorker:
    """End the worker at once."""

    worker_id: int
    reason: KillReason


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowLogs:
    """Let what every process prints go to the log's file of now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSuccessor:
    """Start a new supervisor that inherits the listening sockets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSuccessor:
    """Ask the new supervisor to end."""


class ServiceState(Enum):
    """The states that the service manager is told, in the words of sd_notify(3)."""

    READY = "READY=1"
    RELOADING = "RELOADING=1"
    STOPPING = "STOPPING=1"
    WATCHDOG = "WATCHDOG=1"
    SUCCESSOR_IS_MAIN = "MAINPID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell the service manager. The first `READY` is for a predecessor too."""

    state: ServiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFact:
    """Write a line into the log."""

    text: str
    is_failure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """No worker is left: end the daemon."""

    exit_code: int
    reason: str


Action = (
    StartWorker | RetireWorker | StopWorker | DumpStack | KillWorker | StartSuccessor | StopSuccessor
    | CloseListeners | FollowLogs | Notify | LogFact | Exit
)  # fmt: skip


def describe_exit(exit_code: int) -> str:
    """Say in words how a process ended: a negative exit code is a signal's number."""
    return f"ended by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"
