"""The supervisor's policy: an example of every transition, and what holds whatever the order of events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.supervisor.decisions import (
    BACKOFF_FIRST_S,
    BACKOFF_LIMIT_S,
    EVENT_LOG_LENGTH,
    FORGET_AFTER_S,
    KILL_MARGIN_S,
    STEADY_AFTER_S,
    Action,
    Decisions,
    Event,
    Exit,
    KillWorker,
    Phase,
    RetireWorker,
    StartWorker,
    StopRequested,
    Tick,
    WorkerExited,
    WorkerReady,
    describe_exit,
)

GRACEFUL_TIMEOUT_S = 30.0
BOOT_TIMEOUT_S = 60.0


def decisions_for(workers: int, *, boot_timeout_s: float = BOOT_TIMEOUT_S) -> Decisions:
    return Decisions(workers=workers, graceful_timeout_s=GRACEFUL_TIMEOUT_S, boot_timeout_s=boot_timeout_s)


def serving(workers: int, *, at_s: float = 0.0) -> Decisions:
    """Return a daemon whose workers, from 1, all began to serve at `at_s`."""
    decisions = decisions_for(workers)
    decisions.handle(Tick(), now_s=at_s)
    for worker_id in range(1, workers + 1):
        assert decisions.handle(WorkerReady(worker_id=worker_id), now_s=at_s) == []
    return decisions


def ready(worker_id: int) -> WorkerReady:
    return WorkerReady(worker_id=worker_id)


def exited(worker_id: int, exit_code: int = 1, reason: str = "") -> WorkerExited:
    return WorkerExited(worker_id=worker_id, exit_code=exit_code, reason=reason)


def start(*worker_ids: int) -> list[Action]:
    return [StartWorker(worker_id=worker_id) for worker_id in worker_ids]


# Starting.


def test_the_first_event_starts_as_many_workers_as_asked() -> None:
    decisions = decisions_for(3)

    assert decisions.handle(Tick(), now_s=0.0) == start(1, 2, 3)
    assert decisions.phases() == dict.fromkeys([1, 2, 3], Phase.BOOTING)
    assert decisions.handle(Tick(), now_s=1.0) == []


def test_a_worker_that_is_ready_serves_and_has_no_deadline_any_more() -> None:
    decisions = decisions_for(1)
    decisions.handle(Tick(), now_s=5.0)
    assert decisions.next_wake_at_s() == 5.0 + BOOT_TIMEOUT_S

    assert decisions.handle(ready(1), now_s=6.0) == []

    assert decisions.phases() == {1: Phase.SERVING}
    assert decisions.next_wake_at_s() is None


def test_a_worker_that_does_not_come_up_is_killed_at_its_deadline_and_once() -> None:
    decisions = decisions_for(1)
    decisions.handle(Tick(), now_s=0.0)

    assert decisions.handle(Tick(), now_s=BOOT_TIMEOUT_S - 0.001) == []
    assert decisions.handle(Tick(), now_s=BOOT_TIMEOUT_S) == [KillWorker(worker_id=1, reason="did not come up in time")]
    assert decisions.phases() == {1: Phase.KILLED}
    assert decisions.next_wake_at_s() is None
    assert decisions.handle(Tick(), now_s=BOOT_TIMEOUT_S + 100) == []


def test_a_boot_timeout_of_zero_is_none() -> None:
    decisions = decisions_for(1, boot_timeout_s=0.0)

    assert decisions.handle(Tick(), now_s=0.0) == start(1)

    assert decisions.next_wake_at_s() is None
    assert decisions.handle(Tick(), now_s=1e9) == []


def test_a_worker_that_was_killed_while_it_became_ready_stays_killed() -> None:
    decisions = decisions_for(1)
    decisions.handle(Tick(), now_s=0.0)
    decisions.handle(Tick(), now_s=BOOT_TIMEOUT_S)

    decisions.handle(ready(1), now_s=BOOT_TIMEOUT_S)

    assert decisions.phases() == {1: Phase.KILLED}


def test_a_worker_that_is_unknown_changes_nothing() -> None:
    decisions = serving(1)

    assert decisions.handle(ready(9), now_s=10.0) == []
    assert decisions.handle(exited(9), now_s=10.0) == []

    assert decisions.phases() == {1: Phase.SERVING}


# Replacing.


@pytest.mark.parametrize("exit_code", [0, 1, -9])
def test_a_worker_that_served_for_a_while_is_replaced_at_once(exit_code: int) -> None:
    decisions = serving(2, at_s=100.0)

    assert decisions.handle(exited(1, exit_code), now_s=100.0 + STEADY_AFTER_S) == start(3)

    assert decisions.phases() == {2: Phase.SERVING, 3: Phase.BOOTING}


def test_a_worker_that_fell_soon_after_it_served_is_replaced_after_a_wait() -> None:
    decisions = serving(2, at_s=100.0)

    assert decisions.handle(exited(1), now_s=101.0) == []
    assert decisions.next_wake_at_s() == 101.0 + BACKOFF_FIRST_S
    assert decisions.handle(Tick(), now_s=101.0 + BACKOFF_FIRST_S - 0.001) == []
    assert decisions.handle(Tick(), now_s=101.0 + BACKOFF_FIRST_S) == start(3)


def test_a_worker_that_failed_at_boot_is_replaced_after_a_wait() -> None:
    decisions = decisions_for(2)
    decisions.handle(Tick(), now_s=0.0)

    assert decisions.handle(exited(1, 3), now_s=1.0) == []
    assert decisions.next_wake_at_s() == 1.0 + BACKOFF_FIRST_S
    assert decisions.handle(Tick(), now_s=1.0 + BACKOFF_FIRST_S) == start(3)


def test_workers_that_were_started_together_fail_as_one() -> None:
    decisions = serving(16)

    for worker_id in range(1, 17):
        assert decisions.handle(exited(worker_id), now_s=1.0 + worker_id / 1000) == []

    assert decisions.next_wake_at_s() == 1.001 + BACKOFF_FIRST_S
    assert decisions.handle(Tick(), now_s=1.001 + BACKOFF_FIRST_S) == start(*range(17, 33))


def test_the_wait_doubles_up_to_a_limit_and_is_forgotten_after_quiet() -> None:
    decisions = serving(1)
    now_s, waits_s = 0.0, []
    for worker_id in range(1, 12):
        decisions.handle(exited(worker_id), now_s=now_s)
        wake_at_s = decisions.next_wake_at_s()
        assert wake_at_s is not None
        waits_s.append(wake_at_s - now_s)
        now_s = wake_at_s
        assert decisions.handle(Tick(), now_s=now_s) == start(worker_id + 1)
        decisions.handle(ready(worker_id + 1), now_s=now_s)
    assert waits_s == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]

    now_s += FORGET_AFTER_S + 1
    assert decisions.handle(exited(12), now_s=now_s) == start(13)  # it was steady
    decisions.handle(exited(13), now_s=now_s)
    assert decisions.next_wake_at_s() == now_s + BACKOFF_FIRST_S


def test_the_daemon_gives_up_when_as_many_workers_failed_as_were_asked_for_and_none_served() -> None:
    decisions = decisions_for(2)
    decisions.handle(Tick(), now_s=0.0)

    assert decisions.handle(exited(1, 3, "ConfigError: a"), now_s=1.0) == []
    assert decisions.handle(exited(2, 3, "ConfigError: b"), now_s=1.1) == [
        Exit(exit_code=3, reason="no worker came up; the last said: ConfigError: b")
    ]


@pytest.mark.parametrize(
    ("exit_code", "reason"),
    [
        (1, "no worker came up; the last said: ended with exit code 1"),
        (-9, "no worker came up; the last said: ended by signal 9"),
    ],
)
def test_the_end_of_a_silent_worker_is_described(exit_code: int, reason: str) -> None:
    decisions = decisions_for(1)
    decisions.handle(Tick(), now_s=0.0)

    assert decisions.handle(exited(1, exit_code), now_s=1.0) == [Exit(exit_code=3, reason=reason)]


def test_the_workers_that_still_boot_are_retired_when_the_daemon_gives_up() -> None:
    decisions = decisions_for(2)
    decisions.handle(Tick(), now_s=0.0)
    decisions.handle(exited(1), now_s=0.0)
    assert decisions.handle(Tick(), now_s=BACKOFF_FIRST_S) == start(3)

    assert decisions.handle(exited(3, reason="broken"), now_s=1.0) == [RetireWorker(worker_id=2)]
    assert decisions.handle(exited(2, 0), now_s=1.1) == [
        Exit(exit_code=3, reason="no worker came up; the last said: broken")
    ]


def test_the_daemon_never_gives_up_once_a_worker_has_served() -> None:
    decisions = decisions_for(1)
    decisions.handle(Tick(), now_s=0.0)
    decisions.handle(ready(1), now_s=0.0)

    now_s = 0.0
    for worker_id in range(1, 20):
        assert decisions.handle(exited(worker_id, 3), now_s=now_s) == []
        now_s += BACKOFF_LIMIT_S
        assert decisions.handle(Tick(), now_s=now_s) == start(worker_id + 1)


# Stopping.


def test_a_stop_retires_every_worker_and_ends_when_the_last_is_gone() -> None:
    decisions = decisions_for(2)
    decisions.handle(Tick(), now_s=0.0)
    decisions.handle(ready(1), now_s=1.0)

    assert decisions.handle(StopRequested(), now_s=10.0) == [RetireWorker(worker_id=1), RetireWorker(worker_id=2)]
    assert decisions.phases() == dict.fromkeys([1, 2], Phase.RETIRING)
    assert decisions.next_wake_at_s() == 10.0 + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S
    assert decisions.handle(ready(2), now_s=10.5) == []
    assert decisions.handle(exited(1, 0), now_s=11.0) == []
    assert decisions.handle(exited(2, 0), now_s=12.0) == [Exit(exit_code=0, reason="stopped")]


def test_a_stop_without_workers_ends_at_once() -> None:
    assert decisions_for(2).handle(StopRequested(), now_s=0.0) == [Exit(exit_code=0, reason="stopped")]


def test_a_stop_while_a_replacement_waits_starts_nothing_more() -> None:
    decisions = serving(1)
    decisions.handle(exited(1), now_s=1.0)

    assert decisions.handle(StopRequested(), now_s=1.1) == [Exit(exit_code=0, reason="stopped")]
    assert decisions.next_wake_at_s() is None


def test_a_second_stop_changes_nothing() -> None:
    decisions = serving(1)
    decisions.handle(StopRequested(), now_s=10.0)

    assert decisions.handle(StopRequested(), now_s=20.0) == []
    assert decisions.next_wake_at_s() == 10.0 + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S


def test_a_retired_worker_is_killed_at_its_deadline_and_once() -> None:
    decisions = serving(2)
    decisions.handle(StopRequested(), now_s=0.0)
    decisions.handle(exited(1, 0), now_s=1.0)
    deadline_at_s = GRACEFUL_TIMEOUT_S + KILL_MARGIN_S

    assert decisions.handle(Tick(), now_s=deadline_at_s - 0.001) == []
    assert decisions.handle(Tick(), now_s=deadline_at_s) == [KillWorker(worker_id=2, reason="did not end in time")]
    assert decisions.handle(Tick(), now_s=deadline_at_s + 1) == []
    assert decisions.handle(exited(2, -9), now_s=deadline_at_s + 1) == [Exit(exit_code=0, reason="stopped")]


def test_a_worker_that_was_killed_at_boot_is_not_retired_too() -> None:
    decisions = decisions_for(1)
    decisions.handle(Tick(), now_s=0.0)
    decisions.handle(Tick(), now_s=BOOT_TIMEOUT_S)

    assert decisions.handle(StopRequested(), now_s=BOOT_TIMEOUT_S) == []
    assert decisions.handle(exited(1, -9), now_s=BOOT_TIMEOUT_S) == [Exit(exit_code=0, reason="stopped")]


def test_nothing_is_done_or_noted_after_the_end() -> None:
    decisions = decisions_for(1)
    decisions.handle(StopRequested(), now_s=0.0)

    for event in (Tick(), StopRequested(), ready(1), exited(1)):
        assert decisions.handle(event, now_s=1.0) == []

    assert list(decisions.event_log) == [(0.0, StopRequested())]
    assert decisions.next_wake_at_s() is None


@pytest.mark.parametrize(("exit_code", "words"), [(0, "ended with exit code 0"), (-15, "ended by signal 15")])
def test_an_exit_code_is_said_in_words(exit_code: int, words: str) -> None:
    assert describe_exit(exit_code) == words


# Whatever the order of events.


class World:
    """What the actions of one daemon have led to; its clock only goes forward."""

    def __init__(self, workers: int) -> None:
        self.decisions = decisions_for(workers)
        self.now_s = 0.0
        self.alive: dict[int, float] = {}  # each worker's start
        self.retired_at_s: dict[int, float] = {}
        self.killed: set[int] = set()
        self.exits: list[Exit] = []
        self.starts = 0

    def tell(self, event: Event) -> None:
        if isinstance(event, WorkerExited):
            self.alive.pop(event.worker_id, None)
        for action in self.decisions.handle(event, now_s=self.now_s):
            self._act(action)
        assert len(self.alive) <= self.decisions.workers
        assert set(self.decisions.phases()) == set(self.alive)
        assert len(self.decisions.event_log) <= EVENT_LOG_LENGTH
        self._assert_nobody_is_late()

    def sleep(self) -> bool:
        """Let time pass until the daemon wants to be woken; False when it does not."""
        wake_at_s = self.decisions.next_wake_at_s()
        if wake_at_s is None:
            return False
        self.now_s = max(self.now_s, wake_at_s)
        self.tell(Tick())
        return True

    def _act(self, action: Action) -> None:
        assert not self.exits, "nothing comes after Exit"
        match action:
            case StartWorker(worker_id=worker_id):
                self.starts += 1
                assert worker_id == self.starts, "a number is never used twice"
                self.alive[worker_id] = self.now_s
            case RetireWorker(worker_id=worker_id):
                assert worker_id in self.alive
                assert worker_id not in self.retired_at_s
                self.retired_at_s[worker_id] = self.now_s
            case KillWorker(worker_id=worker_id):
                assert worker_id in self.alive
                assert worker_id not in self.killed
                self.killed.add(worker_id)
            case Exit():
                assert not self.alive
                self.exits.append(action)

    def _assert_nobody_is_late(self) -> None:
        for worker_id in self.alive.keys() & self.retired_at_s.keys():
            is_due = self.now_s >= self.retired_at_s[worker_id] + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S
            assert (worker_id in self.killed) is is_due


WORKER_IDS = st.integers(1, 8)
EVENTS: st.SearchStrategy[Event] = (
    st.just(Tick())
    | st.builds(WorkerReady, worker_id=WORKER_IDS)
    | st.builds(WorkerExited, worker_id=WORKER_IDS, exit_code=st.sampled_from([0, 1, 3, -9]))
)
ROUNDING_S = 1e-6
PAUSES_S = st.sampled_from([0.0, 0.1, 1.0, 10.0, 100.0])


@given(workers=st.integers(1, 4), before=st.lists(st.tuples(PAUSES_S, EVENTS)), after=st.lists(EVENTS))
def test_the_daemon_ends_once_with_no_worker_left_whatever_happened(
    workers: int, before: list[tuple[float, Event]], after: list[Event]
) -> None:
    world = World(workers)
    for pause_s, event in before:
        world.now_s += pause_s
        world.tell(event)
    world.tell(StopRequested())
    starts = world.starts
    for event in after:
        world.tell(event)

    while world.sleep():
        for worker_id in world.killed & world.alive.keys():
            world.tell(exited(worker_id, -9))
    for worker_id in list(world.alive):  # killed at boot, before the stop
        world.tell(exited(worker_id, -9))

    assert len(world.exits) == 1
    assert world.starts == starts


@given(
    workers=st.integers(1, 4),
    lives=st.lists(st.tuples(st.booleans(), st.floats(0, STEADY_AFTER_S, exclude_max=True)), min_size=10, max_size=40),
)
def test_a_crash_loop_waits_longer_and_longer_but_never_too_long(workers: int, lives: list[tuple[bool, float]]) -> None:
    """Each worker crashes a while after its start, having served or not."""
    world = World(workers)
    world.tell(Tick())
    world.tell(ready(1))  # from here the daemon never gives up
    longest_wait_s = 0.0
    for has_served, life_s in lives:
        if not world.alive:
            began_at_s = world.now_s
            assert world.sleep()
            longest_wait_s = max(longest_wait_s, world.now_s - began_at_s)
            assert len(world.alive) == workers
        worker_id, started_at_s = next(iter(world.alive.items()))
        if has_served:
            world.tell(ready(worker_id))
        world.now_s = max(world.now_s, started_at_s + life_s)
        world.tell(exited(worker_id))

    assert longest_wait_s <= BACKOFF_LIMIT_S + ROUNDING_S
    assert world.starts <= workers * (1 + _rounds_within(world.now_s))


def _rounds_within(duration_s: float) -> int:
    """Count the rounds of failures that fit into a time when every worker crashes at once."""
    rounds, at_s, wait_s = 0, 0.0, BACKOFF_FIRST_S
    while at_s <= duration_s:
        rounds, at_s, wait_s = rounds + 1, at_s + wait_s, min(2 * wait_s, BACKOFF_LIMIT_S)
    return rounds


def test_the_event_log_keeps_the_last_events() -> None:
    decisions = serving(1)

    for number in range(EVENT_LOG_LENGTH + 10):
        decisions.handle(Tick(), now_s=float(number))

    assert len(decisions.event_log) == EVENT_LOG_LENGTH
    assert decisions.event_log[0] == (10.0, Tick())
    assert decisions.event_log[-1] == (float(EVENT_LOG_LENGTH + 9), Tick())
