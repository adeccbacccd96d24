"""When pictures of a daemon are made, and what is on them."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from decided import BOOT_TIMEOUT_S, decisions_for

from api_hour import __version__
from api_hour.control.messages import Heartbeat
from api_hour.supervisor.fleet import Fleet
from api_hour.supervisor.monitor.facts import DaemonFacts
from api_hour.supervisor.monitor.ledger import Ledger
from api_hour.supervisor.policy.decisions import Decisions
from api_hour.supervisor.policy.events import (
    Event,
    HandoverDone,
    ReloadRequested,
    StopRequested,
    Tick,
    WorkerAlive,
    WorkerReady,
)
from api_hour.supervisor.recorder import INTERVAL_S, Recorder


@dataclass(slots=True)
class Shown:
    """What a monitor was told."""

    pictures: list[DaemonFacts] = field(default_factory=list)
    made_at_s: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def publish(self, facts: DaemonFacts, now_s: float, /) -> None:
        self.pictures.append(facts)
        self.made_at_s.append(now_s)

    def start(self) -> None:
        self.words.append("start")

    def stop(self) -> None:
        self.words.append("stop")


class OneProcess:
    """A fleet whose worker 1 is this process."""

    def pids(self) -> dict[int, int]:
        return {1: os.getpid()}


class Recorded:
    """A daemon of one worker, and what its recorder has shown."""

    def __init__(self, shown: Shown | None) -> None:
        self.decisions: Decisions = decisions_for(1)
        self.ledger = Ledger(1.0)
        self.recorder = Recorder(
            self.ledger,
            self.decisions,
            cast("Fleet", OneProcess()),
            target="app:C",
            shown=[] if shown is None else [shown],
        )
        self.began_at_s = self.recorder._began_at_s

    def handle(self, events: Iterable[Event], after_s: float) -> None:
        for event in events:
            now_s = self.began_at_s + after_s
            self.recorder.note(event, self.decisions.handle(event, now_s=now_s), now_s)


def test_a_picture_is_made_before_the_monitor_starts() -> None:
    shown = Shown()
    Recorded(shown).recorder.open()

    assert [picture.state for picture in shown.pictures] == ["booting"]
    assert shown.words == ["start"]


def test_a_picture_has_all_that_is_known() -> None:
    shown = Shown()
    recorded = Recorded(shown)
    recorded.handle([Tick(), WorkerReady(worker_id=1)], after_s=0.0)
    recorded.ledger.hear(1, Heartbeat(requests=7))
    recorded.handle([WorkerAlive(worker_id=1, requests=7), ReloadRequested()], after_s=2.0)
    recorded.recorder.publish_if_due(recorded.began_at_s + 3.0)

    [picture] = shown.pictures
    assert (picture.version, picture.python_version, picture.target) == (
        __version__,
        platform.python_version(),
        "app:C",
    )
    assert (picture.pid, picture.state, picture.workers_wanted, picture.totals.reloads) == (
        os.getpid(),
        "reloading",
        1,
        1,
    )
    assert abs(picture.uptime_s - 3.0) < 1e-6
    first, second = picture.workers
    assert (first.worker_id, first.pid, first.phase, first.requests) == (1, os.getpid(), "serving", 7)
    assert (second.worker_id, second.pid, second.phase, second.rss_bytes) == (2, None, "booting", None)
    assert (first.rss_bytes or 0) > 1_000_000
    assert (picture.rss_bytes or 0) > 1_000_000


def test_a_picture_is_made_each_second_and_when_something_has_happened() -> None:
    shown = Shown()
    recorded = Recorded(shown)
    recorded.decisions.handle(Tick(), now_s=recorded.began_at_s)  # the first worker is started
    recorded.recorder.open()
    due_at_s = recorded.recorder.due_at_s
    assert due_at_s is not None

    recorded.handle([Tick(), WorkerAlive(worker_id=1)], after_s=0.0)
    recorded.recorder.publish_if_due(due_at_s - 0.001)
    assert len(shown.pictures) == 1
    recorded.recorder.publish_if_due(due_at_s)
    assert len(shown.pictures) == 2
    assert shown.made_at_s[1] == due_at_s
    assert recorded.recorder.due_at_s == due_at_s + INTERVAL_S

    recorded.handle([WorkerReady(worker_id=1)], after_s=0.1)
    assert len(shown.pictures) == 2  # all events of this moment make one picture
    recorded.recorder.publish_if_due(due_at_s)
    assert len(shown.pictures) == 3


def test_what_the_passing_of_time_does_is_shown_at_once() -> None:
    shown = Shown()
    recorded = Recorded(shown)
    recorded.handle([Tick()], after_s=0.0)  # the first worker is started
    recorded.recorder.publish_if_due(recorded.began_at_s)
    recorded.handle([Tick()], after_s=0.5)
    recorded.recorder.publish_if_due(recorded.began_at_s + 0.5)
    assert len(shown.pictures) == 1

    recorded.handle([Tick()], after_s=BOOT_TIMEOUT_S)
    recorded.recorder.publish_if_due(recorded.began_at_s + BOOT_TIMEOUT_S)
    assert shown.pictures[1].workers[0].phase == "condemned"


def test_a_stop_is_shown_before_anything_is_done_about_it() -> None:
    shown = Shown()
    recorded = Recorded(shown)
    recorded.handle([Tick(), StopRequested()], after_s=0.0)

    assert [picture.state for picture in shown.pictures] == ["stopping"]


def test_who_hands_over_shows_nothing_more() -> None:
    shown = Shown()
    Recorded(shown).recorder.close()

    assert shown.words == ["stop"]


def test_without_a_monitor_no_picture_is_ever_due() -> None:
    recorded = Recorded(None)
    recorded.recorder.open()
    recorded.handle([Tick(), WorkerReady(worker_id=1), StopRequested()], after_s=0.0)
    recorded.recorder.publish_if_due(recorded.began_at_s + 10.0)
    recorded.recorder.close()

    assert recorded.recorder.due_at_s is None
    assert recorded.ledger.totals(reloads=0, reloads_failed=0).workers_started == 1


def test_after_a_handover_the_last_picture_stays_that_of_a_daemon_that_serves() -> None:
    shown = Shown()
    recorded = Recorded(shown)
    recorded.handle([Tick(), WorkerReady(worker_id=1)], after_s=0.0)
    recorded.recorder.open()
    recorded.recorder.close()
    recorded.handle([HandoverDone(), StopRequested(), Tick()], after_s=1.0)
    recorded.recorder.publish_if_due(recorded.began_at_s + 9.0)

    assert recorded.decisions.state() == "stopping"
    assert [picture.state for picture in shown.pictures] == ["serving"]
    assert shown.words == ["start", "stop"]
    assert recorded.recorder.due_at_s is None
