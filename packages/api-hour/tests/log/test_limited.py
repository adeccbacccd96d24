"""Lines that clients can cause at will."""

import asyncio
import logging

import pytest

from api_hour.log import limited
from api_hour.log.limited import LINES, LimitedLog

LOG = logging.getLogger("api_hour.test")


@pytest.fixture(autouse=True)
def at_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="api_hour.test")


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_lines_beyond_the_limit_are_counted_and_the_number_comes_with_the_next_period(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [1000.0]
    monkeypatch.setattr(limited, "monotonic", lambda: now_s[0])

    async def run() -> None:
        log = LimitedLog(LOG, "things")
        for number in range(LINES + 5):
            log.info("thing %d", number)
        now_s[0] += limited.PERIOD_S
        log.info("thing of %s", "a new minute")

    asyncio.run(run())

    assert messages(caplog) == [
        *(f"thing {number}" for number in range(LINES)),
        "5 more things in a minute were left out here",
        "thing of a new minute",
    ]


def test_the_number_comes_by_itself_when_nothing_more_does(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limited, "PERIOD_S", 0.01)

    async def run() -> None:
        log = LimitedLog(LOG, "things")
        for number in range(LINES + 2):
            log.info("thing %d", number)
        async with asyncio.timeout(10):
            while len(messages(caplog)) <= LINES:  # noqa: ASYNC110  # it has no event
                await asyncio.sleep(0.001)

    asyncio.run(run())

    assert messages(caplog)[LINES:] == ["2 more things in a minute were left out here"]


def test_nothing_is_said_when_nothing_was_left_out(caplog: pytest.LogCaptureFixture) -> None:
    LimitedLog(LOG, "things").say_left_out()

    assert messages(caplog) == []
