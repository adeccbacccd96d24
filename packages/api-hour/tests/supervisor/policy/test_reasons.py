"""Why workers end: labels that never change, and words for the log."""

import pytest

from api_hour.supervisor.policy.reasons import (
    NOT_REPLACED,
    RESTART_REASONS,
    KillReason,
    LossReason,
    RetireReason,
    describe,
)

TEXTS = {
    RetireReason.RELOAD: "reload",
    RetireReason.REQUESTS: "requests",
    RetireReason.MEMORY: "memory",
    RetireReason.LIFETIME: "lifetime",
    RetireReason.FEWER_WORKERS: "one worker less is wanted",
    RetireReason.OTHER_SUPERVISOR: "the other supervisor serves",
    KillReason.BOOT_TIMEOUT: "did not come up in time",
    KillReason.HEARTBEAT_TIMEOUT: "gave no sign of life in time",
    KillReason.GRACEFUL_TIMEOUT: "did not end in time",
    KillReason.AT_ONCE: "had to end at once",
}


@pytest.mark.parametrize("reason", [*RetireReason, *KillReason])
def test_the_log_has_words_for_every_reason(reason: RetireReason | KillReason) -> None:
    assert describe(reason) == TEXTS[reason]


def test_every_worker_that_another_follows_is_a_restart() -> None:
    assert {*RESTART_REASONS} == {*RetireReason, *LossReason} - NOT_REPLACED
