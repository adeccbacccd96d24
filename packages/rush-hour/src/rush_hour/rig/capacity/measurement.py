"""A capacity from its first request to its document's part: the search is asked, and its orders are carried out.

Whatever ends it, Ctrl-C or a server that dies, what was found up to then is kept.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from rush_hour.errors import RushHourError
from rush_hour.judge.search.connections import Connections, are_too_few, tried_again
from rush_hour.judge.search.search import Search
from rush_hour.judge.search.tried import Order, Tried
from rush_hour.judge.search.verdict import StepJudgement, judge_step
from rush_hour.results.capacity import CapacityStep, Ending, Purpose, StepVerdict
from rush_hour.results.run import Run
from rush_hour.rig.capacity.runs import CapacityProgress, Runs
from rush_hour.rig.capacity.settings import CapacitySettings, CapacityTarget

BURSTS_LIMIT = 7
GROWTH_RATIO = 1.1  # of the goodput, for which twice the connections are worth another burst
LEAST_BURST_S = 1.0
BURST_SHARE = 0.2  # of a step
GUESS_SHARE = 0.3  # of the budget, after which no other burst begins: the search learns more of what is left


class Measurement:
    """One measurement.

    Args:
        target: what is measured.
        settings: how.
        progress: told meanwhile.
        clock: monotonic, in seconds.
        guess_per_s: the first guess, where there is one; None to make it by bursts.

    Attributes:
        runs, steps: what was measured, and what each of it was for.
        steps_of_tried: the number of the step that each verdict of the search is of; a step may have none.
        search: the search; None before it began.
        notes: what else is to be known.
        connections: of the last run.
        failure: why it ended too soon; None where it did not.
    """

    def __init__(
        self,
        target: CapacityTarget,
        settings: CapacitySettings,
        progress: CapacityProgress,
        clock: Callable[[], float] = time.monotonic,
        *,
        guess_per_s: float | None = None,
    ) -> None:
        self._target = target
        self._settings = settings
        self._progress = progress
        self._clock = clock
        self._guess_per_s = guess_per_s
        self._began_s = clock()
        self._make = Runs(target, settings, progress, clock)
        self._alone_s = 0.0
        self._service_s: dict[float, float] = {}  # what an answer takes at rates that were met
        self._least = settings.connections
        self.runs: list[Run] = []
        self.steps: list[CapacityStep] = []
        self.steps_of_tried: list[int] = []
        self.search: Search | None = None
        self.notes: list[str] = []
        self.connections = settings.connections
        self.failure: str | None = None
        self._ending: Ending | None = None

    @property
    def took_s(self) -> float:
        """How long it has taken."""
        return self._clock() - self._began_s

    @property
    def ending(self) -> Ending:
        """How it ended."""
        if self._ending is not None:
            return self._ending
        return (self.search.ending if self.search is not None else None) or "interrupted"

    def carry_out(self) -> None:
        """Measure until the capacity is known, or something ends it.

        Raises:
            RushHourError: nothing could be measured at all.
        """
        try:
            self._search()
        except KeyboardInterrupt:
            self._ending = "interrupted"
        except RushHourError as error:
            if not self.runs:
                raise
            self._ending, self.failure = "failed", str(error)

    def _search(self) -> None:
        guess_per_s, meets_alone = self._first_guess()
        search = self.search = Search(guess_per_s, self._settings.search, doubts_lowest=not meets_alone)
        while (order := search.next(self._settings.budget_s - self.took_s)) is not None:
            began_s = self._clock()
            self._wait_until_quiet()
            run, judgement = self._try(order)
            is_met = judgement.is_met
            search.take(
                Tried(order=order, is_met=is_met, goodput_per_s=run.result.goodput_per_s),
                cost_s=self._clock() - began_s if not run.is_ended_early else None,
            )
            self.steps_of_tried.append(len(self.steps))
            self._note(order.purpose, run, judgement)

    def _first_guess(self) -> tuple[float, bool]:
        """Return the first guess of the capacity, and whether the objective is met without load.

        Bursts know no limit, so where nothing is to be tried above a rate, that is the guess.
        """
        alone = self._whole(self._make.alone())
        judged = judge_step(self._settings.objective, alone)
        self._note("alone", alone, judged)
        service = alone.result.service_time_us
        self._alone_s = 0.0 if service is None else service.p50 / 1e6
        guess_per_s = self._guess_per_s or self._settings.search.max_rate_per_s
        if guess_per_s is not None:
            return guess_per_s, judged.is_met is not False
        best_per_s, connections = alone.result.goodput_per_s, self._least
        duration_s = max(LEAST_BURST_S, BURST_SHARE * self._settings.search.step_s)
        for _ in range(BURSTS_LIMIT):
            run = self._whole(self._make.burst(connections, duration_s))
            self._note("burst", run, StepJudgement(is_met=None, why=[]))
            goodput_per_s = run.result.goodput_per_s
            is_more = goodput_per_s > GROWTH_RATIO * best_per_s
            best_per_s = max(best_per_s, goodput_per_s)
            is_late = self.took_s >= GUESS_SHARE * self._settings.budget_s
            if not is_more or is_late or connections >= self._settings.most_connections:
                break
            connections = min(2 * connections, self._settings.most_connections)
        return max(best_per_s, 1.0), judged.is_met is not False

    def _try(self, order: Order) -> tuple[Run, StepJudgement]:
        """Carry an order out; once more with more connections where they were too few."""
        while True:
            self.connections = self._connections_for(order.rate_per_s)
            run = self._whole(self._make.step(order, self.connections))
            judgement = judge_step(self._settings.objective, run)
            service = run.result.service_time_us
            if service is None:
                return run, judgement
            if judgement.is_met:
                self._service_s[order.rate_per_s] = service.mean / 1e6
                return run, judgement
            if self.connections >= self._settings.most_connections or not are_too_few(
                order.rate_per_s,
                run.result.goodput_per_s,
                self.connections,
                service_s=service.p50 / 1e6,
                alone_s=self._alone_s,
            ):
                return run, judgement
            self._note(order.purpose, run, StepJudgement(is_met=None, why=[tried_again(self.connections)]))
            self._least = max(self._least, min(2 * self.connections, self._settings.most_connections))

    def _connections_for(self, rate_per_s: float) -> int:
        """Return how many connections a rate needs, going by the nearest rate below it that was met."""
        below = [rate for rate in self._service_s if rate <= rate_per_s]
        service_s = max(self._alone_s, self._service_s[max(below)] if below else 0.0)
        connections = Connections(least=self._least, most=self._settings.most_connections)
        return connections.needed(rate_per_s, service_s)

    def _whole(self, run: Run) -> Run:
        """Return a run that was not cut short; what was measured until Ctrl-C is no verdict."""
        if run.is_interrupted:
            raise KeyboardInterrupt
        return run

    def _wait_until_quiet(self) -> None:
        if self.runs and not self._make.wait_until_quiet(self._alone_s):
            self.notes.append(
                f"before run {len(self.runs) + 1} the server did not become as quiet as without load: "
                "it may have begun with the queue of the run before."
            )

    def _note(self, purpose: Purpose, run: Run, judgement: StepJudgement) -> None:
        """Keep a run, and tell what is known now."""
        verdict: StepVerdict = "met" if judgement.is_met else "no verdict" if judgement.is_met is None else "not met"
        posterior = None if self.search is None else self.search.posterior
        interval = None if posterior is None else posterior.interval()
        step = CapacityStep(
            run=len(self.runs),
            purpose=purpose,
            verdict=verdict,
            why=judgement.why,
            rate_per_s=run.plan.rate_per_s,
            low_per_s=None if interval is None else round(interval.low_per_s, 3),
            high_per_s=None if interval is None else round(interval.high_per_s, 3),
        )
        self.runs.append(run)
        self.steps.append(step)
        self._progress.ended(step, run, posterior, max(0.0, self._settings.budget_s - self.took_s))


def shorter(settings: CapacitySettings) -> CapacitySettings:
    """Return settings that have room in the budget: steps a tenth of it at the most, confirmations a quarter."""
    search = settings.search
    step_s = min(search.step_s, max(1.0, settings.budget_s / 10))
    confirm_s = min(search.confirm_s, max(step_s, settings.budget_s / 4)) if search.confirm_s else 0.0
    return replace(settings, search=replace(search, step_s=step_s, confirm_s=confirm_s))
