"""The actions that follow from an event, in their order; and the last events, for whoever looks for a reason.

Pure: the time comes in as an argument.
"""

from collections import deque
from dataclasses import dataclass, field

from api_hour.supervisor.policy.events import Action, Event, LogFact, Tick, WorkerAlive

EVENT_LOG_LENGTH = 1000


@dataclass(slots=True)
class Transcript:
    """The actions that are decided now, and the events of late.

    Attributes:
        event_log: the last events, each with its time in seconds, oldest first; heartbeats and ticks are left out.
    """

    event_log: deque[tuple[float, Event]] = field(default_factory=lambda: deque(maxlen=EVENT_LOG_LENGTH))
    _actions: list[Action] = field(default_factory=list)

    def note(self, event: Event, now_s: float) -> None:
        """Write down that something has happened."""
        if not isinstance(event, WorkerAlive | Tick):
            self.event_log.append((now_s, event))

    def do(self, action: Action) -> None:
        """Have something done after all that is to be done already."""
        self._actions.append(action)

    def say(self, text: str, *, is_failure: bool = False) -> None:
        """Have a line written into the log."""
        self.do(LogFact(text=text, is_failure=is_failure))

    def take(self) -> list[Action]:
        """Return what is to be done, and begin anew."""
        actions, self._actions = self._actions, []
        return actions
