"""What a search orders, and what came of it. Plain data."""

from dataclasses import dataclass

from rush_hour.results.capacity import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A run that is to be made next.

    Attributes:
        rate_per_s: to offer.
        duration_s: to measure.
        purpose: why.
    """

    rate_per_s: float
    duration_s: float
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An order that was carried out.

    Attributes:
        is_met: whether the objective was met; None where it was missed by the load generator's own fault, which says
            nothing of the server.
        goodput_per_s: good answers per second.
    """

    order: Order
    is_met: bool | None
    goodput_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """Settings of a search.

    Attributes:
        precision: half of the interval's width, as a share of the rate, at which it is narrow enough.
        step_s: how long a step is measured.
        confirm_s: how long a confirmation is; 0 for none.
        max_rate_per_s: above which nothing is tried; None without a limit.
        steps_limit: how many runs there are at the most.
    """

    precision: float = 0.05
    step_s: float = 10.0
    confirm_s: float = 30.0
    max_rate_per_s: float | None = None
    steps_limit: int = 60
