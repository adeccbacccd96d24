"""How many connections a rate needs: Little's law, with room. Pure.

As many requests are on their way on average as come in the time that one takes. Connections that are fewer make
requests wait that the server would have answered, and the search would find their limit instead of the server's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEADROOM = 2.0  # times the average: answers do not come evenly
UNLOADED_RATIO = 1.5  # times what an answer takes without load; a server that takes no longer is not full
CROWDED_RATIO = 0.8  # of the connections, that were busy on average where they were too few
ROUND_UP = 1.25  # connections are raised by at least so much, so that not every step has others

_TRIED_AGAIN = "connections were busy: it is tried again with more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """The connections of a search.

    Attributes:
        least: that are used anyway.
        most: that may be used.
    """

    least: int
    most: int

    def needed(self, rate_per_s: float, service_s: float) -> int:
        """Return how many connections a rate needs.

        Args:
            rate_per_s: the rate.
            service_s: what one answer takes on average.
        """
        needed = math.ceil(HEADROOM * rate_per_s * service_s)
        count = self.least
        while count < min(needed, self.most):
            count = math.ceil(count * ROUND_UP)
        return min(count, self.most)


def are_too_few(rate_per_s: float, goodput_per_s: float, connections: int, *, service_s: float, alone_s: float) -> bool:
    """Whether connections, and not the server, kept a rate from being met.

    All of them were busy, and the server took no longer for an answer than it does without load.

    Args:
        rate_per_s: that was offered.
        goodput_per_s: what came of it.
        connections: that were used.
        service_s: what one answer took, of half of them at most.
        alone_s: the same without load.
    """
    are_busy = goodput_per_s * service_s >= CROWDED_RATIO * connections
    return are_busy and service_s <= UNLOADED_RATIO * alone_s and rate_per_s * service_s > CROWDED_RATIO * connections


def tried_again(connections: int) -> str:
    """Return why a run on too few connections has no verdict."""
    return f"all {connections} {_TRIED_AGAIN}"


def is_tried_again(why: Sequence[str]) -> bool:
    """Whether that is why a run has no verdict."""
    return any(one.endswith(_TRIED_AGAIN) for one in why)
