"""The search itself: told what came of each run, it says which is next, until the capacity is known well enough.

Each step offers the median of what is known: half of what was possible is ruled out by its verdict, if that is right.
Where one half of the interval is much longer than the other, as after one verdict that may be wrong, it offers more or
less, to learn of that half. What lies far beyond all that was tried is hardly known: it goes there in steps that grow.

Once the interval is narrow enough, a long run at the answer confirms it, and another one 10 % above that must fail.
What either says goes into what is known, as any other verdict: if it is not what was expected, the search goes on.

Reads no clock: how much time is left comes in as an argument.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from rush_hour.judge.search.posterior import Interval, Posterior
from rush_hour.judge.search.tried import Order, SearchSettings, Tried
from rush_hour.results.capacity import CeilingReason, Ending, Purpose

ABOVE = 1.1  # times the answer, which a confirmation must show to be too much
ANSWER_QUANTILE = 0.25  # of the posterior: what is stated is to hold, and half of what lies at its median does not
CONFIRMATIONS_LIMIT = 3
GENERATOR_FAILURES = 2  # at about one rate, after which the generator is known not to do more
LOWEST_SHARE = 1 / 200  # of the first guess
LEAST_REQUESTS = 10  # in a step
UNEVEN_RATIO = 1.5  # between the two halves of the interval, from which on one is so long that it is to be cut
ASIDE = 0.3  # by how much of the posterior the next rate lies beside the median then, on that side
LEAP = 3.0  # times less or more than all that was tried, that may be offered next; farther only where it has come far
NEAR = 1.02  # rates that differ by less are one


class Search:
    """A search that is told of verdicts, and gives orders.

    Args:
        guess_per_s: the first guess.
        settings: its settings.
        doubts_lowest: whether the server did not meet the objective without any load: the lowest rate is tried first.

    Attributes:
        tried: all runs, in their order.
        posterior: what is known.
        ceiling_per_s: from where on nothing can be tried; None while there is no such rate.
        ceiling_reason: why.
        ending: how it ended; None while it goes on.
    """

    def __init__(self, guess_per_s: float, settings: SearchSettings, *, doubts_lowest: bool = False) -> None:
        self._settings = settings
        most_per_s = settings.max_rate_per_s or math.inf
        self._lowest_per_s = min(max(LEAST_REQUESTS / settings.step_s, guess_per_s * LOWEST_SHARE), most_per_s)
        self.guess_per_s = min(max(guess_per_s, self._lowest_per_s), most_per_s)
        self.posterior = Posterior.around(self.guess_per_s)
        self.tried: list[Tried] = []
        self.ceiling_per_s = settings.max_rate_per_s
        self.ceiling_reason: CeilingReason | None = None if self.ceiling_per_s is None else "max-rate"
        self.ending: Ending | None = None
        self._doubts_lowest = doubts_lowest
        self._overhead_s = 0.0  # of a run, beside its measurement

    def next(self, left_s: float) -> Order | None:
        """Return the next run; None when the search is over.

        Args:
            left_s: of the budget.
        """
        settings = self._settings
        self.ending = self._certain_ending()
        if self.ending is not None:
            return None
        if len(self.tried) >= settings.steps_limit:
            self.ending = "steps"
            return None
        order = self._next(left_s)
        if order is not None and self._cost_s(order.duration_s) > left_s and self.tried:
            order = None
        if order is None and self.ending is None:
            self.ending = "budget"
        return order

    def take(self, tried: Tried, *, cost_s: float | None = None) -> None:
        """Take what came of an order.

        Args:
            tried: the run.
            cost_s: how long all of it took; None where that does not matter.
        """
        self.tried.append(tried)
        order = tried.order
        if cost_s is not None:
            self._overhead_s = max(self._overhead_s, cost_s - order.duration_s)
        if tried.is_met is None:
            self._note_generators_limit(order.rate_per_s)
            return
        ratio = order.duration_s / self._settings.step_s
        self.posterior = self.posterior.after(order.rate_per_s, is_met=tried.is_met, length_ratio=ratio)

    @property
    def best_met_per_s(self) -> float | None:
        """The highest rate that was met, and not missed as often; None without any."""
        return max((rate for rate in self._rates(is_met=True) if self._is_met_mostly(rate)), default=None)

    @property
    def confirmed_per_s(self) -> float | None:
        """The last rate at which a confirmation was met, if all verdicts together do not speak against it.

        They do where a confirmation at about that rate or less was missed after it, and above the interval.
        """
        rate_per_s: float | None = None
        for tried in self.tried:
            if tried.order.purpose not in {"confirm", "confirm above"} or tried.is_met is None:
                continue
            if tried.is_met:
                rate_per_s = tried.order.rate_per_s
            elif rate_per_s is not None and tried.order.rate_per_s <= rate_per_s * NEAR:
                rate_per_s = None
        is_possible = rate_per_s is not None and rate_per_s <= self.posterior.interval().high_per_s
        return rate_per_s if is_possible else None

    @property
    def reached_ceiling(self) -> CeilingReason | None:
        """Why no more can be tried than what was met; None where more can be."""
        return self.ceiling_reason if self._reaches_ceiling() else None

    def interval(self) -> Interval:
        """Return the capacity that is stated, and its interval: the rate that was confirmed, if one within it was.

        Of an interval that is still wide, a rate that was met is stated, and not one that nobody has seen.
        """
        interval = self.posterior.interval()
        confirmed = self.confirmed_per_s
        stated = self._answer_per_s() if confirmed is None or confirmed < interval.low_per_s else confirmed
        return replace(interval, low_per_s=min(interval.low_per_s, stated), median_per_s=stated)

    def _certain_ending(self) -> Ending | None:
        lowest = [tried.is_met for tried in self.tried if tried.order.rate_per_s <= self._lowest_per_s * NEAR]
        if lowest.count(False) >= 2 and not any(lowest) and self.best_met_per_s is None:
            return "fails"
        if self._reaches_ceiling() and self._is_confirmed_enough():
            return "at least"
        if self._is_narrow() and self._is_confirmed_enough() and not self._wants_above():
            return "found"
        return None

    def _next(self, left_s: float) -> Order | None:
        if self._wants_lowest():
            return self._order(self._lowest_per_s, "lowest")
        best = self.best_met_per_s
        if self._reaches_ceiling() and best is not None:
            return self._order(best, "confirm")
        is_last_chance = left_s < 2 * self._cost_s(self._settings.step_s) + self._cost_s(self._settings.confirm_s)
        if self._is_narrow() or (is_last_chance and best is not None):
            if not self._is_confirmed_enough():
                return self._order(self._answer_per_s(), "confirm")
            if self._wants_above():
                return self._order((self.confirmed_per_s or 0.0) * ABOVE, "confirm above")
        return self._order(self._search_rate_per_s(), "search")

    def _answer_per_s(self) -> float:
        """Return the rate that is to be confirmed; while the interval is wide, none that was not met before."""
        answer = min(self.posterior.quantile(ANSWER_QUANTILE), self._highest_per_s())
        return answer if self._is_narrow() else min(answer, self.best_met_per_s or answer)

    def _search_rate_per_s(self) -> float:
        """Return what to offer, within what can be tried; below the generator's limit half-way up to it."""
        rate_per_s = self._not_too_far(self.posterior.quantile(self._asked_share()))
        if self.ceiling_reason == "generator" and self.ceiling_per_s is not None and rate_per_s >= self.ceiling_per_s:
            best = self.best_met_per_s
            return self.ceiling_per_s / 1.5 if best is None else (best * self.ceiling_per_s) ** 0.5
        return min(max(rate_per_s, self._lowest_per_s), self._highest_per_s())

    def _not_too_far(self, rate_per_s: float) -> float:
        """Return a rate, or one nearer to the guess: at most as far beyond what was tried as that has come from it."""
        rates = [self.guess_per_s, *(one.order.rate_per_s for one in self.tried if one.is_met is not None)]
        lowest, highest = min(rates), max(rates)
        least = lowest / max(LEAP, self.guess_per_s / lowest)
        return min(max(rate_per_s, least), highest * max(LEAP, highest / self.guess_per_s))

    def _asked_share(self) -> float:
        """Return which quantile to offer: the median, or where one half of the interval is much longer, one in it."""
        interval = self.posterior.interval()
        up = math.log(interval.high_per_s / interval.median_per_s)
        down = math.log(interval.median_per_s / interval.low_per_s)
        if up > UNEVEN_RATIO * down:
            return 0.5 + ASIDE
        return 0.5 - ASIDE if down > UNEVEN_RATIO * up else 0.5

    def _highest_per_s(self) -> float:
        if self.ceiling_per_s is None:
            return float("inf")
        return self.ceiling_per_s if self.ceiling_reason == "max-rate" else self.ceiling_per_s / NEAR

    def _order(self, rate_per_s: float, purpose: Purpose) -> Order:
        is_long = purpose in {"confirm", "confirm above"}
        duration_s = self._settings.confirm_s if is_long else self._settings.step_s
        rate_per_s = min(_three_digits(rate_per_s), self._settings.max_rate_per_s or math.inf)
        return Order(rate_per_s=rate_per_s, duration_s=duration_s, purpose=purpose)

    def _cost_s(self, duration_s: float) -> float:
        return duration_s + self._overhead_s

    def _wants_lowest(self) -> bool:
        """Whether it is to be seen if there is any rate at all: less than half of what is known lies above it."""
        tried = [one.is_met for one in self.tried if one.order.rate_per_s <= self._lowest_per_s * NEAR]
        if any(tried) or self.best_met_per_s is not None:
            return False
        return (self._doubts_lowest and len(tried) < 2) or self.posterior.quantile(0.5) <= self._lowest_per_s * NEAR

    def _reaches_ceiling(self) -> bool:
        """Whether what can be tried is met, and more is likely."""
        ceiling, best = self.ceiling_per_s, self.best_met_per_s
        if ceiling is None or best is None or self.posterior.quantile(0.5) < best:
            return False
        if self.ceiling_reason == "max-rate":
            return best * NEAR >= ceiling
        return best * (1 + 2 * self._settings.precision) >= ceiling

    def _is_narrow(self) -> bool:
        """Whether the interval is narrow enough, and both sides of it were seen."""
        is_bracketed = self.best_met_per_s is not None and bool(self._rates(is_met=False))
        return is_bracketed and self.posterior.interval().half_width_ratio <= self._settings.precision

    def _is_confirmed_enough(self) -> bool:
        """Whether the answer was confirmed, or cannot be."""
        confirmations = sum(tried.order.purpose == "confirm" for tried in self.tried)
        is_enough = self._settings.confirm_s == 0 or confirmations >= CONFIRMATIONS_LIMIT
        confirmed = self.confirmed_per_s
        return is_enough or (confirmed is not None and confirmed >= self.posterior.interval().low_per_s)

    def _wants_above(self) -> bool:
        """Whether nobody has seen yet that a little more than what was confirmed is too much."""
        confirmed = self.confirmed_per_s
        if confirmed is None or self._settings.confirm_s == 0 or confirmed * ABOVE > self._highest_per_s():
            return False
        return not any(
            tried.order.purpose == "confirm above" and tried.order.rate_per_s <= confirmed * ABOVE * NEAR
            for tried in self.tried
        )

    def _note_generators_limit(self, rate_per_s: float) -> None:
        """Take a rate for more than the generator can offer, unless it has offered that before."""
        if any(one.is_met is not None and one.order.rate_per_s >= rate_per_s / NEAR for one in self.tried):
            return
        failures = [one for one in self.tried if one.is_met is None and one.order.rate_per_s <= rate_per_s * NEAR]
        known = self.ceiling_per_s
        if len(failures) >= GENERATOR_FAILURES and (known is None or rate_per_s < known):
            self.ceiling_per_s, self.ceiling_reason = rate_per_s, "generator"

    def _rates(self, *, is_met: bool) -> Sequence[float]:
        return [one.order.rate_per_s for one in self.tried if one.is_met is is_met]

    def _is_met_mostly(self, rate_per_s: float) -> bool:
        near = [one.is_met for one in self.tried if 1 / NEAR <= one.order.rate_per_s / rate_per_s <= NEAR]
        return near.count(True) >= near.count(False)


def _three_digits(rate_per_s: float) -> float:
    """Return a rate as it can be said: three digits, or four of one that begins with 1; whole from 1,000 on."""
    return float(f"{rate_per_s:.4g}") if rate_per_s < 1000 else float(round(rate_per_s))
