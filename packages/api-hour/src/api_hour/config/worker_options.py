"""The options of the workers: how many there are, how long they may take for what, and when they are replaced.

One value for the supervisor's policy and for the workers: an option that is declared here is there for both.
"""

from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.cores import usable_cores
from api_hour.config.shared_options import SharedOptions
from api_hour.config.until_restart import UNTIL_RESTART
from api_hour.config.values import check_loop, check_not_negative, check_positive, read_size


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class WorkerOptions(SharedOptions):
    """The lives of a daemon's workers. Of a time and of a limit, 0 is for none."""

    workers: Annotated[
        int,
        Parameter(
            name=["--workers", "-w"],
            env_var="WEB_CONCURRENCY",
            validator=check_positive,
            help="Worker processes. By default one for each core that affinity and the cgroup's quota allow.",
        ),
    ] = field(default_factory=usable_cores)
    loop: Annotated[
        str,
        Parameter(
            validator=check_loop,
            help="Event loop of a TARGET that makes none: auto or uvloop, asyncio, or MODULE:FACTORY.",
        ),
    ] = "auto"
    backlog: Annotated[
        int,
        UNTIL_RESTART,
        Parameter(validator=check_positive, help="Connections that may wait to be accepted, for each address."),
    ] = 2048
    stop_delay_s: Annotated[
        float,
        Parameter(
            name="--stop-delay",
            validator=check_not_negative,
            help="Seconds to serve on after a stop signal, not ready for load balancers; a second signal ends them.",
        ),
    ] = 0.0
    drain_timeout_s: Annotated[
        float,
        Parameter(
            name="--drain-timeout",
            validator=check_not_negative,
            help="Seconds that a replaced worker keeps idle connections open, to tell each with its next answer.",
        ),
    ] = 10.0
    heartbeat_timeout_s: Annotated[
        float,
        Parameter(
            name=["--timeout", "-t"],
            validator=check_not_negative,
            help="Seconds without a sign of life after which a worker is killed, its stack in the log; 0 for never.",
        ),
    ] = 30.0
    boot_timeout_s: Annotated[
        float,
        Parameter(
            name="--boot-timeout",
            validator=check_not_negative,
            help="Seconds that a new worker may take to serve; 0 for as long as it takes.",
        ),
    ] = 60.0
    max_requests: Annotated[
        int,
        Parameter(
            name="--max-requests",
            validator=check_not_negative,
            help="Requests after which a worker is replaced; 0 for no limit.",
        ),
    ] = 0
    max_requests_jitter: Annotated[
        int,
        Parameter(
            name="--max-requests-jitter",
            validator=check_not_negative,
            help="Up to so many more for each worker, so that they are not replaced together.",
        ),
    ] = 0
    max_rss_bytes: Annotated[
        int,
        Parameter(
            name="--max-rss",
            converter=read_size,
            validator=check_not_negative,
            help="Memory above which a worker is replaced, such as 512M; 0 for no limit.",
        ),
    ] = 0
    max_lifetime_s: Annotated[
        float,
        Parameter(
            name="--max-lifetime",
            validator=check_not_negative,
            help="Seconds after which a worker is replaced; 0 for no limit.",
        ),
    ] = 0.0
