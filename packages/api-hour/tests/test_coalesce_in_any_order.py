"""Coalescing, whatever the order of questions, answers, failures and cancellations."""

import asyncio

from event_loops import let_run, run_in_loop
from hypothesis import given
from hypothesis import strategies as st

from api_hour.coalesce import coalesce

KEYS = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), KEYS),
        st.tuples(st.just("run"), st.just(0)),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("end"), st.integers(0, 30)),
        st.tuples(st.just("fail"), st.integers(0, 30)),
    ),
    max_size=60,
)


class Model:
    """Numbers every ask and every begin by one clock, to compare them."""

    def __init__(self, executions: int) -> None:
        self.limit = executions
        self.clock = 0
        self.running: dict[int, set[int]] = {0: set(), 1: set(), 2: set()}
        self.open: list[tuple[asyncio.Future[None], int]] = []
        self.callers: list[tuple[asyncio.Task[int], int]] = []
        self.read = coalesce(executions=executions)(self._read)

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    async def _read(self, key: int) -> int:
        begun_at = self.tick()
        self.running[key].add(begun_at)
        assert len(self.running[key]) <= self.limit
        end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.open.append((end, begun_at))
        try:
            await end
        finally:
            self.running[key].discard(begun_at)
        return begun_at

    async def step(self, action: str, number: int) -> None:
        if action == "ask":
            self.callers.append((asyncio.create_task(self._ask(number)), number))
        elif action == "run":
            await let_run()
        elif action == "cancel" and number < len(self.callers):
            self.callers[number][0].cancel()
        elif action in ("end", "fail") and number < len(self.open):
            self.finish(self.open[number][0], fails=action == "fail")
            await asyncio.sleep(0)

    @staticmethod
    def finish(end: "asyncio.Future[None]", *, fails: bool) -> None:
        if not end.done():
            end.set_exception(OSError("away")) if fails else end.set_result(None)

    async def _ask(self, key: int) -> int:
        asked_at = self.tick()
        begun_at = await self.read(key)
        assert begun_at > asked_at, "an answer from before the question"
        return begun_at

    async def live(self, steps: list[tuple[str, int]]) -> None:
        for action, number in steps:
            await self.step(action, number)
        while not all(task.done() for task, _ in self.callers):
            for end, _ in self.open:
                self.finish(end, fails=False)
            await let_run()
        for task, _ in self.callers:
            assert task.cancelled() or isinstance(task.exception(), OSError | None)
        await let_run()
        assert self.read._lanes == {}
        assert self.read.metrics.callers == 0
        assert not any(self.running.values())


@given(steps=STEPS, executions=st.integers(1, 2))
def test_whatever_happens_every_answer_is_from_after_its_question(
    steps: list[tuple[str, int]], executions: int
) -> None:
    async def live() -> None:
        await Model(executions).live(steps)

    run_in_loop(live())
