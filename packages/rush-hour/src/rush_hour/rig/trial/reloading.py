"""A reload under load: a server is told to load the application again, and what is lost meanwhile is counted."""

import time
from collections.abc import Callable
from dataclasses import replace
from signal import Signals

from rush_hour.core.arrivals import Constant
from rush_hour.core.faults import GENERATOR_PREFIX, STALLED_PREFIX
from rush_hour.load.run import Observer
from rush_hour.results.run import LoadResult
from rush_hour.results.trial import ReloadFacts
from rush_hour.rig.capacity.settings import CapacityTarget
from rush_hour.rig.system import RunningSystem
from rush_hour.rig.trial.candidates import Candidate
from rush_hour.rig.watch.measure import SystemDied, measure

LOAD_RATIO = 0.5  # of the capacity
WARMUP_S = 1.0
SIGNAL_AFTER_S = 1.5
DURATION_S = 6.0
RELOAD_S = WARMUP_S + DURATION_S + 1.0  # that all of it takes, with its connections and its last answers


def reload_under_load(
    candidate: Candidate,
    running: RunningSystem,
    target: CapacityTarget,
    *,
    rate_per_s: float,
    connections: int,
    processes: int,
    clock: Callable[[], float] = time.monotonic,
) -> ReloadFacts:
    """Return what became of the requests.

    Args:
        candidate: one that can reload.
        running: it.
        target: what its capacity was measured of.
        rate_per_s: its capacity.
        connections: on which that was found.
        processes: of the load generator.
        clock: monotonic, in seconds.
    """
    name = candidate.server.reload
    assert name is not None, "it can reload"
    offered_per_s = max(1.0, float(f"{LOAD_RATIO * rate_per_s:.3g}"))
    plan = target.plan_of(
        Constant(rate_per_s=offered_per_s),
        DURATION_S,
        connections=connections,
        processes=processes,
        warmup_s=WARMUP_S,
    )
    facts = ReloadFacts(signal=name, rate_per_s=offered_per_s, due=0, lost=0, survived=False)
    try:
        run = measure(plan, target.parts, _signalling(lambda: running.server.send_signal(Signals[name]), clock))
    except SystemDied:
        return facts
    if run.is_interrupted:
        raise KeyboardInterrupt
    return replace(facts, due=run.result.requests_due, lost=lost_of(run.result), survived=True)


def lost_of(result: LoadResult) -> int:
    """Return how many requests a server has lost: those that failed, or were not answered well.

    Not those that failed by the generator's own fault, nor those that were due and not sent before the end: they waited
    for a connection, and late is not lost.
    """
    own = sum(count for name, count in result.errors.items() if name.startswith((GENERATOR_PREFIX, STALLED_PREFIX)))
    unsent = min(result.unanswered_at_end, result.requests_due - result.requests_sent)
    return result.requests_due - result.responses_good - own - unsent


def _signalling(send: Callable[[], None], clock: Callable[[], float]) -> Observer:
    """Return an observer that sends the signal once, some time after the measurement has begun."""
    send_at_s = [float("inf")]

    def on_phase(phase: str) -> None:
        if phase == "measuring":
            send_at_s[0] = clock() + SIGNAL_AFTER_S

    def watch() -> None:
        if clock() >= send_at_s[0]:
            send_at_s[0] = float("inf")
            send()

    return Observer(on_phase=on_phase, watch=watch)
