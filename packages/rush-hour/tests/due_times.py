"""The due times of a schedule whose requests are answered at once."""

from rush_hour.core.arrivals import NEVER_NS
from rush_hour.core.schedule import Schedule


def dues(schedule: Schedule, connection: int) -> list[int]:
    """Return when the requests of one connection are due."""
    due_of = schedule.due_function()
    found: list[int] = []
    request, due_ns = connection, due_of(connection, 0, 0)
    while due_ns < NEVER_NS:
        found.append(due_ns)
        request += schedule.connections
        due_ns = due_of(request, due_ns, due_ns + 1000)
    return found
