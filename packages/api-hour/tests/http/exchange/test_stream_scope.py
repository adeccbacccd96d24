"""A stream is ended where it waits, and other cancellations are left alone."""

import asyncio

import pytest
from event_loops import let_run, on_each_loop

from api_hour.http.exchange.stream_scope import StreamScope
from api_hour.http.message.errors import ClientGone


class Streaming:
    """A task that waits within a scope."""

    def __init__(self, *, swallows: bool = False) -> None:
        self.swallows = swallows
        self.scope = StreamScope(has_known_end=False)
        self.seen: list[str] = []
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        with self.scope:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.seen.append("cancelled")
                if not self.swallows:
                    raise
        self.seen.append("after")
        await asyncio.sleep(0)


@on_each_loop
async def test_who_is_ended_is_told_that_nobody_waits() -> None:
    streaming = Streaming()
    await let_run()
    streaming.scope.end()
    streaming.scope.end()
    with pytest.raises(ClientGone, match="nobody waits for the rest of the answer"):
        await streaming.task
    assert streaming.seen == ["cancelled"]
    assert streaming.task.cancelling() == 0


@on_each_loop
async def test_who_comes_to_an_end_by_itself_goes_on() -> None:
    streaming = Streaming(swallows=True)
    await let_run()
    streaming.scope.end()
    await streaming.task
    assert streaming.seen == ["cancelled", "after"]


@on_each_loop
async def test_another_cancellation_goes_through() -> None:
    streaming = Streaming()
    await let_run()
    streaming.scope.end()
    streaming.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await streaming.task
    assert streaming.task.cancelled()


@on_each_loop
async def test_without_an_end_nothing_happens() -> None:
    with StreamScope(has_known_end=True) as scope:
        assert scope.has_known_end
    with pytest.raises(ZeroDivisionError), StreamScope(has_known_end=False):
        raise ZeroDivisionError
