"""The reasons for which workers end: a member's value is the label of the metrics, `describe` gives the log's text.

Pure.
"""

from collections.abc import Mapping
from enum import Enum


class RetireReason(Enum):
    """Reasons to ask a worker to end while others serve on."""

    RELOAD = "reload"
    REQUESTS = "requests"
    MEMORY = "memory"
    LIFETIME = "lifetime"
    FEWER_WORKERS = "fewer_workers"
    OTHER_SUPERVISOR = "other_supervisor"


class LossReason(Enum):
    """Reasons for the end of a worker that was not asked to."""

    KILLED = "killed"
    CRASHED = "crashed"
    BOOT_FAILED = "boot_failed"


class KillReason(Enum):
    """Reasons to end a worker at once."""

    BOOT_TIMEOUT = "boot_timeout"
    HEARTBEAT_TIMEOUT = "heartbeat_timeout"
    GRACEFUL_TIMEOUT = "graceful_timeout"
    AT_ONCE = "at_once"  # at a second request to stop, or SIGQUIT


RestartReason = RetireReason | LossReason
NOT_REPLACED = frozenset({RetireReason.FEWER_WORKERS, RetireReason.OTHER_SUPERVISOR})
RESTART_REASONS: tuple[RestartReason, ...] = (
    *(reason for reason in RetireReason if reason not in NOT_REPLACED),
    *LossReason,
)

_TEXTS: Mapping[RetireReason | KillReason, str] = {
    RetireReason.FEWER_WORKERS: "one worker less is wanted",
    RetireReason.OTHER_SUPERVISOR: "the other supervisor serves",
    KillReason.BOOT_TIMEOUT: "did not come up in time",
    KillReason.HEARTBEAT_TIMEOUT: "gave no sign of life in time",
    KillReason.GRACEFUL_TIMEOUT: "did not end in time",
    KillReason.AT_ONCE: "had to end at once",
}


def describe(reason: RetireReason | KillReason) -> str:
    """Return what the log says: why a worker retires, or what it did to be killed."""
    return _TEXTS.get(reason, reason.value)
