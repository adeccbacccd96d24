"""A plan: what a run sends, where, how often, and what counts as a good answer.

It can be pickled and carried out on another host: the contents of files are in it, and names are looked up there.
"""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from rush_hour.core.arrivals import Sessions
from rush_hour.core.records import REQUESTS_LIMIT
from rush_hour.core.schedule import Schedule
from rush_hour.credentials import hide_in_bad_url
from rush_hour.errors import UsageError
from rush_hour.load.transport.destination import DEFAULT_PORTS, Destination
from rush_hour.load.transport.tls import Tls
from rush_hour.load.workload.request import Requests
from rush_hour.load.workload.user_mix import UserMix
from rush_hour.load.workload.wire_text import unfit_in_url
from rush_hour.results.run import PlanFacts

SESSIONS_LIMIT_S = 24 * 3600.0  # that sessions may take to begin, all together


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """One run of the load generator.

    Attributes:
        url: as the user wrote it, but without user and password: it is shown.
        tls: how to speak TLS; None for plain HTTP.
        schedule: when each measured request is due.
        processes: event loops; each owns a share of the connections.
        timeout_s: how long an answer may take from the moment its request was sent, in seconds.
        warmup: load before the measurement, on the same connections; None for none.
        seed: what all that is drawn by chance comes from, as the result records it.
        connection_per_request: whether each request is sent on a connection of its own.
        spread: whether connections go to all addresses of the server in turn, not to the first that answers.
    """

    url: str
    destination: Destination
    requests: Requests | UserMix
    schedule: Schedule
    processes: int
    timeout_s: float
    tls: Tls | None = None
    warmup: Schedule | None = None
    seed: int = 0
    connection_per_request: bool = False
    spread: bool = False

    @property
    def session(self) -> Schedule | None:
        """The schedule of the requests that each connection begins with; None where there are none."""
        if not isinstance(self.requests, UserMix) or not self.requests.session.steps:
            return None
        connections = self.schedule.connections
        return Schedule(
            arrivals=Sessions(),
            duration_s=SESSIONS_LIMIT_S,
            connections=connections,
            max_requests=connections * len(self.requests.session.steps),
            timeout_s=self.requests.session.timeout_s,
        )

    @property
    def request_names(self) -> list[str]:
        """The names of the requests whose figures are kept apart; from a limit on, requests share the last one."""
        names = list(self.requests.names)
        if len(names) > REQUESTS_LIMIT:
            names[REQUESTS_LIMIT - 1 :] = [f"{len(names) - REQUESTS_LIMIT + 1} others"]
        return names

    def facts(self) -> PlanFacts:
        """Return the plan as the result file records it."""
        schedule = self.schedule
        return PlanFacts(
            url=self.url,
            rate_per_s=schedule.arrivals.offered_per_s,
            duration_s=schedule.duration_s,
            warmup_s=0.0 if self.warmup is None else self.warmup.duration_s,
            connections=schedule.connections,
            processes=self.processes,
            arrivals=schedule.arrivals.name,
            timeout_s=self.timeout_s,
            seed=self.seed,
            max_requests=schedule.max_requests,
            connection_per_request=self.connection_per_request,
            profile=schedule.arrivals.profile,
        )


def parse_url(url: str) -> SplitResult:
    """Read an `http://` or `https://` URL.

    Raises:
        UsageError: it is not one.
    """
    if (unfit := unfit_in_url(url)) is not None:
        raise UsageError(f"URL: expected visible ASCII characters alone; {unfit}.")
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bad port, or brackets that are not closed
        is_usable = False
    if not is_usable:
        raise UsageError(
            f"URL: expected http:// or https:// and HOST:PORT/PATH, such as http://127.0.0.1:8008/agents; "
            f"got {hide_in_bad_url(url)!r}."
        )
    return parts
