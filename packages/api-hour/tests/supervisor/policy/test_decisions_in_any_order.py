"""The supervisor's policy: what holds whatever happens, in whatever order, and over a long time."""

import pickle
from dataclasses import replace

from decided import DRAIN_TIMEOUT_S, GRACEFUL_TIMEOUT_S, HEARTBEAT_TIMEOUT_S, exited, ready
from hypothesis import given, settings
from hypothesis import strategies as st

from api_hour.config.worker_options import WorkerOptions
from api_hour.supervisor.policy.backoff import BACKOFF_FIRST_S, BACKOFF_LIMIT_S
from api_hour.supervisor.policy.decisions import Decisions
from api_hour.supervisor.policy.events import (
    Action,
    CloseListeners,
    DumpStack,
    Event,
    Exit,
    FewerWorkers,
    HandoverDone,
    HandoverFailed,
    HandoverRequested,
    KillWorker,
    MoreWorkers,
    Notify,
    ReloadRefused,
    ReloadRequested,
    RetireWorker,
    ServiceState,
    StartSuccessor,
    StartWorker,
    StopRequested,
    StopSuccessor,
    StopWorker,
    Tick,
    WorkerAlive,
    WorkerExited,
    WorkerReady,
    WorkerSpent,
)
from api_hour.supervisor.policy.lives import DUMP_TIME_S, KILL_MARGIN_S
from api_hour.supervisor.policy.policy import Policy
from api_hour.supervisor.policy.pool import ENDING_LIMIT, STEADY_AFTER_S, Phase
from api_hour.supervisor.policy.reasons import RetireReason
from api_hour.supervisor.policy.transcript import EVENT_LOG_LENGTH

ROUNDING_S = 1e-6


def policy_of(
    workers: int,
    *,
    drain_timeout_s: float = DRAIN_TIMEOUT_S,
    heartbeat_timeout_s: float = HEARTBEAT_TIMEOUT_S,
    max_lifetime_s: float = 0.0,
) -> Policy:
    """Return a policy with times to boot and to end."""
    return Policy(
        options=WorkerOptions(
            workers=workers,
            graceful_timeout_s=GRACEFUL_TIMEOUT_S,
            boot_timeout_s=60.0,
            drain_timeout_s=drain_timeout_s,
            heartbeat_timeout_s=heartbeat_timeout_s,
            max_lifetime_s=max_lifetime_s,
        )
    )


class World:
    """What the actions of one daemon have led to; its clock only goes forward."""

    def __init__(self, policy: Policy) -> None:
        self.decisions = Decisions(policy)
        self.now_s = 0.0
        self.alive: dict[int, float] = {}  # each worker's start
        self.ready: set[int] = set()
        self.ending_at_s: dict[int, float] = {}  # when each worker that was asked to end must be gone
        self.dumped: set[int] = set()
        self.killed: set[int] = set()
        self.exits: list[Exit] = []
        self.starts = 0
        self.has_successor = False
        self.has_closed = False
        self.is_told_to_reload = False

    def tell(self, event: Event) -> None:
        """Let an event happen, and check what must hold after it."""
        if isinstance(event, WorkerExited):
            self.alive.pop(event.worker_id, None)
        elif isinstance(event, HandoverFailed):
            self.has_successor = False
        elif isinstance(event, WorkerReady) and event.worker_id in self.alive:
            self.ready.add(event.worker_id)
        for action in self.decisions.handle(event, now_s=self.now_s):
            self._act(action)
        assert set(self.decisions.phases()) == set(self.alive)
        assert len(self.decisions.transcript.event_log) <= EVENT_LOG_LENGTH
        if isinstance(event, Tick):
            self._assert_nobody_is_late()

    def sleep(self) -> bool:
        """Let time pass until the daemon wants to be woken; False when it does not."""
        wake_at_s = self.decisions.next_wake_at_s()
        if wake_at_s is None:
            return False
        self.now_s = max(self.now_s, wake_at_s)
        self.tell(Tick())
        wake_at_s = self.decisions.next_wake_at_s()
        assert wake_at_s is None or wake_at_s > self.now_s, "it would wake again at once, and spin"
        return True

    def holding(self) -> set[int]:
        """Return the workers that nobody has asked to end."""
        return self.alive.keys() - self.ending_at_s.keys()

    def _act(self, action: Action) -> None:
        assert not self.exits, "nothing comes after Exit"
        match action:
            case StartWorker(worker_id=worker_id):
                assert not self.has_closed, "it would have nothing to listen on"
                assert len(self.holding()) <= self.decisions.workers, "there is one extra worker at most"
                is_extra = len(self.holding()) == self.decisions.workers
                ending = len(self.alive) - len(self.holding())
                assert not is_extra or ending < ENDING_LIMIT * self.decisions.workers
                self.starts += 1
                assert worker_id == self.starts, "a number is never used twice"
                self.alive[worker_id] = self.now_s
            case RetireWorker(worker_id=worker_id):
                self._retire(worker_id)
            case StopWorker(worker_id=worker_id):
                assert worker_id in self.alive
                self.ending_at_s[worker_id] = self.now_s + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S
            case DumpStack(worker_id=worker_id):
                assert worker_id in self.alive
                assert worker_id not in self.killed
                self.dumped.add(worker_id)
            case KillWorker(worker_id=worker_id):
                assert worker_id in self.alive
                assert worker_id not in self.killed
                self.killed.add(worker_id)
            case Exit():
                assert not self.alive
                self.exits.append(action)
            case Notify(state=state):
                self._hear(state)
            case _:
                self._pass_on(action)

    def _pass_on(self, action: Action) -> None:
        match action:
            case CloseListeners():
                assert not self.has_closed
                self.has_closed = True
            case StartSuccessor():
                assert not self.has_successor
                self.has_successor = True
            case StopSuccessor():
                assert self.has_successor

    def _retire(self, worker_id: int) -> None:
        assert worker_id in self.holding()
        assert worker_id in self.ready, "only a worker that serves is retired"
        phases = self.decisions.phases()
        is_ending = self.decisions._leaving.verdict is not None
        left = [number for number in self.holding() - {worker_id} if phases[number] is Phase.SERVING]
        assert is_ending or len(left) >= self.decisions.workers, "as many as are wanted serve without it"
        self.ending_at_s[worker_id] = self.now_s + DRAIN_TIMEOUT_S + GRACEFUL_TIMEOUT_S + KILL_MARGIN_S

    def _hear(self, state: ServiceState) -> None:
        if state is ServiceState.RELOADING:
            assert not self.is_told_to_reload
            self.is_told_to_reload = True
        elif state is ServiceState.READY:
            self.is_told_to_reload = False

    def _assert_nobody_is_late(self) -> None:
        for worker_id in self.alive.keys() & self.ending_at_s.keys():
            if self.now_s >= self.ending_at_s[worker_id]:
                assert worker_id in self.dumped | self.killed


REQUESTS: list[Event] = [
    ReloadRequested(),
    ReloadRefused(reason="a wrong option"),
    MoreWorkers(),
    FewerWorkers(),
    HandoverRequested(),
    HandoverDone(),
    HandoverFailed(reason="ended"),
]
SPENT = st.sampled_from([RetireReason.REQUESTS, RetireReason.MEMORY, RetireReason.LIFETIME])
WORKER_IDS = st.integers(1, 12)
OPTIONS = st.builds(
    WorkerOptions,
    workers=st.integers(1, 4),
    graceful_timeout_s=st.just(GRACEFUL_TIMEOUT_S),
    drain_timeout_s=st.just(DRAIN_TIMEOUT_S),
    boot_timeout_s=st.sampled_from([0.0, 60.0]),
    stop_delay_s=st.sampled_from([0.0, 5.0]),
    heartbeat_timeout_s=st.sampled_from([0.0, HEARTBEAT_TIMEOUT_S]),
    max_requests=st.sampled_from([0, 500]),
    max_lifetime_s=st.sampled_from([0.0, 200.0]),
)
EVENTS: st.SearchStrategy[Event] = (
    st.just(Tick())
    | st.builds(WorkerReady, worker_id=WORKER_IDS)
    | st.builds(WorkerAlive, worker_id=WORKER_IDS, requests=st.sampled_from([0, 1000]), rss_bytes=st.just(0))
    | st.builds(
        WorkerSpent,
        worker_id=WORKER_IDS,
        reason=SPENT,
    )
    | st.builds(WorkerExited, worker_id=WORKER_IDS, exit_code=st.sampled_from([0, 1, 3, -9]))
    | st.sampled_from(REQUESTS)
    | st.builds(ReloadRequested, options=OPTIONS)
)
PAUSES_S = st.sampled_from([0.0, 0.1, 1.0, 10.0, 100.0])
POLICIES = st.builds(
    Policy,
    options=OPTIONS,
    watchdog_interval_s=st.sampled_from([0.0, 7.0]),
    is_successor=st.booleans(),
)


@given(
    policy=POLICIES,
    before=st.lists(st.tuples(PAUSES_S, EVENTS)),
    stop=st.builds(StopRequested, at_once=st.booleans()),
    after=st.lists(EVENTS),
)
def test_the_daemon_ends_once_with_no_worker_left_whatever_happened(
    policy: Policy, before: list[tuple[float, Event]], stop: StopRequested, after: list[Event]
) -> None:
    world = World(policy)
    for pause_s, event in before:
        world.now_s += pause_s
        world.tell(event)
        world.tell(Tick())
    world.tell(stop)
    assert world.decisions.state() == "stopping"
    while world.decisions._leaving.verdict is None:
        assert world.sleep()
    starts = world.starts
    for event in after:
        world.tell(event)

    while not world.exits:
        for worker_id in world.killed & world.alive.keys():
            world.tell(exited(worker_id, -9))
        assert world.exits or world.sleep()

    assert len(world.exits) == 1
    assert world.starts == starts


DISTURBANCES = st.sampled_from(["reload", "three", "refused", "more", "fewer", "spent", "crash"])


@settings(max_examples=30)
@given(
    workers=st.integers(1, 4),
    disturbances=st.lists(st.tuples(st.integers(0, 30), DISTURBANCES)),
)
def test_workers_that_come_up_in_time_end_in_as_many_as_are_wanted_all_of_them_new(
    workers: int, disturbances: list[tuple[int, str]]
) -> None:
    """The world is kind: each worker comes up and ends in a second. Something is asked for at some of the seconds."""
    world = World(policy_of(workers))
    world.tell(Tick())
    seen_at_reload: set[int] = set()
    for second in range(150):
        world.now_s = float(second)
        for at_s, what in disturbances:
            if at_s == second:
                seen_at_reload = set(world.alive) if what in {"reload", "three"} else seen_at_reload
                _disturb(world, what)
        _live_a_second(world)

    assert len(world.alive) == world.decisions.workers
    assert set(world.decisions.phases().values()) == {Phase.SERVING}
    assert not world.is_told_to_reload
    assert not seen_at_reload & world.alive.keys()


def _disturb(world: World, what: str) -> None:
    oldest = min(world.alive, default=0)
    events: dict[str, Event] = {
        "reload": ReloadRequested(),
        "three": ReloadRequested(options=replace(world.decisions.policy.options, workers=3)),
        "refused": ReloadRefused(reason="a wrong option"),
        "more": MoreWorkers(),
        "fewer": FewerWorkers(),
        "spent": WorkerSpent(worker_id=oldest, reason=RetireReason.REQUESTS),
        "crash": exited(oldest, -9),
    }
    can_crash = world.decisions.phases().get(oldest) is Phase.SERVING and not world.is_told_to_reload
    if what != "crash" or can_crash:
        world.tell(events[what])


def _live_a_second(world: World) -> None:
    for worker_id, phase in world.decisions.phases().items():
        if phase is Phase.BOOTING and world.alive[worker_id] < world.now_s:
            world.tell(ready(worker_id))
        elif phase is Phase.SERVING:
            world.tell(WorkerAlive(worker_id=worker_id))
        elif phase is Phase.RETIRING:
            world.tell(exited(worker_id, 0))
    world.tell(Tick())


@given(
    workers=st.integers(1, 4),
    lives=st.lists(st.tuples(st.booleans(), st.floats(0, STEADY_AFTER_S - ROUNDING_S)), min_size=10, max_size=40),
)
def test_a_crash_loop_waits_longer_and_longer_but_never_too_long(workers: int, lives: list[tuple[bool, float]]) -> None:
    """Each worker crashes a while after its start, having served or not."""
    world = World(policy_of(workers, heartbeat_timeout_s=0.0, drain_timeout_s=0.0))
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


def test_a_day_of_recycling_and_reloads_leaves_nothing_behind() -> None:
    """24 hours in steps of 10 s: workers beat, are recycled after ten minutes, and reloaded each 20 minutes."""
    world = World(policy_of(4, max_lifetime_s=600.0))
    world.tell(Tick())
    sizes_bytes = []
    for step in range(24 * 360):
        world.now_s = step * 10.0
        if step % 120 == 60:
            world.tell(ReloadRequested())
        _live_a_second(world)
        if step % 2160 == 2159:  # each 6 hours
            sizes_bytes.append(len(pickle.dumps(world.decisions)))

    assert world.starts > 700
    assert len(world.alive) in {4, 5}
    assert len(world.decisions.transcript.event_log) == EVENT_LOG_LENGTH
    assert max(sizes_bytes[1:]) <= 1.1 * sizes_bytes[1]  # the first came before the event log was full


def test_the_time_to_dump_a_stack_is_shorter_than_what_a_supervisor_waits_for_a_worker() -> None:
    assert DUMP_TIME_S < KILL_MARGIN_S
