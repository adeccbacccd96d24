"""Readiness: a system that was just started is asked until it answers rightly.

No connection, or an answer that changes, may be a system that still begins. A wrong answer that stays the same is what
the system has to say: more waiting would not help. Only a 502, 503 or 504 says itself that it is for now.
"""

import time
from collections.abc import Callable, Sequence

from rush_hour.errors import StartError, UsageError
from rush_hour.load.learning import Ask, WrongAnswer, learn_workload
from rush_hour.load.probe import Answer
from rush_hour.load.workload.request import Request
from rush_hour.load.workload.wanted import Wanted
from rush_hour.load.workload.workload import Workload
from rush_hour.rig.parts.waiting import Hopeless
from rush_hour.toml_file import dotted

STAYS_WRONG_S = 2.0
FOR_NOW = frozenset({502, 503, 504})  # RFC 9110, sections 15.6.3 to 15.6.5: what is behind may come up yet


class Asking:
    """Asks a system for all that can be asked before the load, again and again.

    Args:
        workload: what is sent to it.
        wanted: what is said of the answer to each request.
        ask: sends a request.
        clock: monotonic, in seconds.

    Attributes:
        learned: the workload with what is expected of each answer; as it was given before they were all good.
        changing: the paths whose bodies are not looked at, for they change with each request.
        has_asked: whether there was anything that can be asked: what may change something is not, unless it must be.
    """

    def __init__(
        self,
        workload: Workload,
        wanted: Sequence[Wanted],
        ask: Ask,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.learned = self._workload = workload
        self.changing: list[str] = []
        self._wanted = wanted
        self.has_asked = False
        self._ask = ask
        self._clock = clock
        self._wrong = ""
        self._same_since_s = 0.0

    def try_it(self) -> str | None:
        """Ask once for each request, keep what is learned, and return what is wrong, or why there is no answer.

        Raises:
            Hopeless: an answer is wrong, and has been the same for a while.
        """
        try:
            self.learned, self.changing = learn_workload(
                self._workload, self._wanted, self._note_and_ask, dotted, compares=True
            )
        except (WrongAnswer, UsageError) as error:
            self._note(str(error), is_for_now=isinstance(error, WrongAnswer) and error.status in FOR_NOW)
        except StartError as error:
            self._wrong = ""
            return str(error)
        else:
            return None
        return self._wrong

    def _note_and_ask(self, request: Request, timeout_s: float | None) -> Answer:
        self.has_asked = True
        return self._ask(request, timeout_s)

    def _note(self, wrong: str, *, is_for_now: bool) -> None:
        """Take note of a wrong answer."""
        now_s = self._clock()
        if wrong != self._wrong or is_for_now:
            self._wrong, self._same_since_s = wrong, now_s
        if now_s - self._same_since_s >= STAYS_WRONG_S:
            raise Hopeless(f"has given the same wrong answer for {STAYS_WRONG_S:g} s: {wrong}")
