"""The waits after failures."""

from api_hour.supervisor.policy.backoff import BACKOFF_FIRST_S, BACKOFF_LIMIT_S, FORGET_AFTER_S, Backoff


def test_failures_wait_longer_until_they_are_forgotten() -> None:
    backoff = Backoff()
    assert backoff.until_s == 0.0

    backoff.fail(100.0)
    assert backoff.until_s == 100.0 + BACKOFF_FIRST_S
    backoff.fail(101.0)
    assert backoff.until_s == 101.0 + 2 * BACKOFF_FIRST_S
    for _ in range(100):
        backoff.fail(200.0)
    assert backoff.until_s == 200.0 + BACKOFF_LIMIT_S

    backoff.fail(200.0 + BACKOFF_LIMIT_S + FORGET_AFTER_S + 1)
    assert backoff.until_s == 200.0 + BACKOFF_LIMIT_S + FORGET_AFTER_S + 1 + BACKOFF_FIRST_S
    backoff.fail(300.0)
    backoff.forget(301.0)
    assert backoff.until_s == 301.0
    backoff.fail(301.0)
    assert backoff.until_s == 301.0 + BACKOFF_FIRST_S
