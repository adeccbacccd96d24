"""Which worker accepts the next connection, when all wait on the same sockets.

A worker that has more connections than another steps back for a moment and lets the others take what has arrived. Rules
that must hold:

1. A worker among those with the fewest never steps back, so that a connection is taken at once by one that can.
2. Nobody waits for long: what is still there after a few steps back is taken by the one who stepped back, and a worker
   that takes nothing while connections wait is not waited for until it does. So a blocked worker stalls nothing.

Decides only: reads no clock and touches no socket. `acceptor.py` does.
"""

from api_hour.control.connection_counts import NOT_SERVING, ConnectionCounts

STEP_BACK_S = 0.001
FIRST_TAKE = 3  # steps after which a connection that is still there is taken after all; then after twice as many, ...
STEPS_UNTIL_STUCK = 100  # without a connection taken: more than a busy machine makes a worker miss


class Balance:
    """One worker's view of the connections of all.

    Args:
        counts: everyone's connections.
        slot: where this worker's are.
    """

    def __init__(self, counts: ConnectionCounts, slot: int) -> None:
        self._counts = counts
        self._slot = slot
        self._connections = 0
        self._is_serving = False
        self._begin_waiting()
        self._waited_for: dict[int, int] = {}  # workers, and how many each had ever taken
        self._stuck: dict[int, int] = {}  # those that are not waited for until they take one

    def begin(self) -> None:
        """Count this worker among those that serve."""
        self._is_serving = True
        self._publish()

    def end(self) -> None:
        """Let nobody wait for this worker: it accepts no more."""
        self._is_serving = False
        self._counts.open[self._slot] = NOT_SERVING

    def took(self) -> None:
        """Count a connection that was accepted."""
        self._connections += 1
        self._counts.taken[self._slot] += 1
        self._publish()

    def lost(self) -> None:
        """Count a connection that is over."""
        self._connections -= 1
        self._publish()

    def must_step_back(self) -> bool:
        """Tell whether others are to take a connection that has arrived.

        Called again for a connection that is still there after the step back, and then counts the steps.
        """
        if self._connections <= allowed_beside(self._counts.least()):
            return False
        behind = self._workers_behind()
        if not behind:
            return False
        if any(self._waited_for.get(slot, taken) != taken for slot, taken in behind.items()):
            self._begin_waiting()  # one of them is at it
        self._waited_for = behind
        self._steps += 1
        if self._steps > STEPS_UNTIL_STUCK:
            self._stuck.update(behind)
            self._begin_waiting()
            return False
        if self._steps == self._next_take:
            self._next_take *= 2
            return False
        return True

    def _begin_waiting(self) -> None:
        self._steps = 0  # while those that are waited for took nothing
        self._next_take = FIRST_TAKE  # the step at which a connection is taken after all

    def _publish(self) -> None:
        if self._is_serving:
            self._counts.open[self._slot] = self._connections

    def _workers_behind(self) -> dict[int, int]:
        """Return the workers that have so few connections that they go first, unless stuck, and what they ever took."""
        taken = self._counts.taken
        return {
            slot: taken[slot]
            for slot, connections in enumerate(self._counts.open[: self._counts.slots_in_use])
            if self._connections > allowed_beside(connections) and self._stuck.get(slot) != taken[slot]
        }


def allowed_beside(connections: int) -> int:
    """Return how many connections a worker may have beside one that has so many: a few more are no imbalance."""
    return connections + 1 + connections // 16
