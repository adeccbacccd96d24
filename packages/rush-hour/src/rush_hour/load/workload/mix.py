"""Several requests, drawn by weights."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import ClassVar

from rush_hour.core.uniform import uniform
from rush_hour.load.workload.request import Request

MIX_SEED = 1 << 20  # so that what is asked has nothing to do with when: the gaps are drawn with the seed itself


@dataclass(frozen=True, slots=True)
class WeightedDraw:
    """Numbers of requests, drawn by weights.

    Args:
        weights: how often each comes, in relation to the others.
        seed: the same seed gives the same draws in the same order.
    """

    weights: Sequence[float]
    seed: int = 0
    _upper: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Add the weights up."""
        object.__setattr__(self, "_upper", tuple(accumulate(self.weights)))

    def draw(self, number: int) -> int:
        """Return what is drawn for a number of the schedule."""
        drawn = 1.0 - uniform(self.seed + MIX_SEED, number)
        return bisect(self._upper, drawn * self._upper[-1])


@dataclass(frozen=True, slots=True)
class RequestMix:
    """Several requests, drawn by their weights.

    Args:
        requests: at least one.
        weights: how often each comes, in relation to the others.
        seed: the same seed gives the same requests in the same order.
    """

    varies: ClassVar[bool] = True
    are_few: ClassVar[bool] = True
    on_response: ClassVar[None] = None
    requests: tuple[Request, ...]
    weights: Sequence[float]
    seed: int = 0
    _drawn: WeightedDraw = field(init=False)

    def __post_init__(self) -> None:
        """Get ready to draw."""
        object.__setattr__(self, "_drawn", WeightedDraw(self.weights, self.seed))

    @property
    def names(self) -> list[str]:
        """The names of the requests, each once."""
        return list(dict.fromkeys(request.name for request in self.requests))

    def get(self, number: int, _connection: int) -> Request:
        """Return the request drawn for this number."""
        return self.requests[self._drawn.draw(number)]
