"""The end of a daemon: it is told to stop, a successor takes over, or it gives up.

Rules 7 and 8 of `decisions.py` are kept here. Pure: the time comes in as an argument.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from api_hour.supervisor.policy.events import (
    CloseListeners,
    Exit,
    HandoverFailed,
    Notify,
    ServiceState,
    StartSuccessor,
    StopRequested,
    StopSuccessor,
)
from api_hour.supervisor.policy.lives import Lives
from api_hour.supervisor.policy.policy import Policy
from api_hour.supervisor.policy.pool import Pool
from api_hour.supervisor.policy.reload import Reload
from api_hour.supervisor.policy.transcript import Transcript

HANDOVER_MARGIN_S = 30.0  # for a successor to begin and to see that its workers do not come up


@dataclass(slots=True, kw_only=True)
class Leaving:
    """The end of a daemon, from the first word of it to the exit code.

    Args:
        policy: what the daemon was told.
        pool: the workers.
        lives: asks them to end.
        reload: ends before the daemon does.
        transcript: takes what is to be done.

    Attributes:
        verdict: how the daemon ends, as soon as no worker is left; None while it goes on.
    """

    policy: Policy
    pool: Pool
    lives: Lives
    reload: Reload
    transcript: Transcript
    verdict: Exit | None = None
    _stops_at_s: float | None = None  # told to stop, and serving on until then
    _was_stopped: bool = False
    _is_handing_over: bool = False  # a successor comes up
    _handover_ends_at_s: float | None = None

    @property
    def has_begun(self) -> bool:
        """Whether the daemon ends, also if it still serves for a while."""
        return self.verdict is not None or self._stops_at_s is not None

    def deadlines(self) -> Iterator[float]:
        """Give the times at which something is due."""
        if self._stops_at_s is not None:
            yield self._stops_at_s
        if self._handover_ends_at_s is not None:
            yield self._handover_ends_at_s

    def on_time(self, now_s: float) -> None:
        """Do what is due."""
        if self.verdict is not None:
            return
        if self._handover_ends_at_s is not None and self._handover_ends_at_s <= now_s:
            self.transcript.say("the successor does not serve in time: stopping it", is_failure=True)
            self._handover_ends_at_s = None
            self.transcript.do(StopSuccessor())
        if self._stops_at_s is not None and self._stops_at_s <= now_s:
            self.stop(StopRequested(), now_s)

    def stop(self, event: StopRequested, now_s: float) -> None:
        """Begin to stop; or, if somebody asks again, stop sooner."""
        if not self.has_begun:
            self._begin()
            if self._can_wait() and not event.at_once:
                self._stops_at_s = now_s + self.policy.options.stop_delay_s
                self.transcript.say(f"stopping in {self.policy.options.stop_delay_s:g} s, and serving until then")
                return
        if self.verdict is None:
            self.verdict = Exit(exit_code=0, reason="stopped")
            self.transcript.do(CloseListeners())
        if event.at_once or self._was_stopped:
            self.lives.kill_all()
        else:
            self._was_stopped = True
            self.lives.release_all(now_s, drain=self.policy.is_successor and not self.pool.is_announced)

    def give_up(self, reason: str, now_s: float) -> None:
        """End because no worker comes up."""
        self.verdict = Exit(exit_code=3, reason=f"no worker came up; the last said: {reason}")
        self.lives.release_all(now_s, drain=self.policy.is_successor)

    def begin_handover(self, now_s: float) -> None:
        """Have a successor started, unless there is one."""
        if self._is_handing_over:
            self.transcript.say("a successor is coming up already")
            return
        self._is_handing_over = True
        if self.policy.options.boot_timeout_s:
            self._handover_ends_at_s = now_s + self.policy.options.boot_timeout_s + HANDOVER_MARGIN_S
        self.transcript.do(StartSuccessor())

    def on_handover_done(self, now_s: float) -> None:
        """End because the successor serves."""
        if not self._is_handing_over or self.verdict is not None:
            return
        self.transcript.say("the successor serves: retiring all workers")
        self.reload.end()
        self.transcript.do(Notify(state=ServiceState.SUCCESSOR_IS_MAIN))
        self.verdict = Exit(exit_code=0, reason="handed over")
        self.lives.release_all(now_s, drain=True)

    def on_handover_failed(self, event: HandoverFailed) -> None:
        """Go on: there is no successor any more."""
        if self._is_handing_over and self.verdict is None:
            self.transcript.say(f"the successor {event.reason}: this supervisor goes on", is_failure=True)
            self._is_handing_over, self._handover_ends_at_s = False, None

    def _can_wait(self) -> bool:
        """Tell whether somebody is to be warned: not if another daemon serves, or none does."""
        return self.policy.options.stop_delay_s > 0 and self.pool.is_announced and bool(self.pool.serving())

    def _begin(self) -> None:
        self.transcript.do(Notify(state=ServiceState.STOPPING))
        if self._is_handing_over:
            self.transcript.do(StopSuccessor())
        self.reload.abandon()
        self._is_handing_over, self._handover_ends_at_s = False, None
