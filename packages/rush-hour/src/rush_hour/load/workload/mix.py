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
    _upper: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Add the weights up."""
        object.__setattr__(self, "_upper", tuple(accumulate(self.weights)))

    @property
    def names(self) -> list[str]:
        """The names of the requests, each once."""
        return list(dict.fromkeys(request.name for request in self.requests))

    def get(self, number: int) -> Request:
        """Return the request drawn for this number."""
        drawn = 1.0 - uniform(self.seed + MIX_SEED, number)
        return self.requests[bisect(self._upper, drawn * self._upper[-1])]
