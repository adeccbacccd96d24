"""What is deployed, and how its texts quote. Plain data, and pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rush_hour.load.workload.specs import WorkloadSpec
from rush_hour.rig.suite.suite import LoadDefaults
from rush_hour.rig.suite.system_spec import SystemSpec

HOST = "127.0.0.1"
PORT = 8000
BACKLOG = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A server with its settings, and the application.

    Attributes:
        name: of the unit and the site.
        title: for people.
        words: the command line, on loopback.
        program: the first of them with its directory.
        directory: the application's, absolute.
        python: the version of its interpreter, such as `3.11`.
        packages: of the server, with their versions.
        has_requirements: whether there is a `requirements.txt` beside the application.
        reload: the signal that makes it load the application again; None if there is none.
        rate_per_s: what it held.
        objective: at which.
    """

    name: str
    title: str
    words: Sequence[str]
    program: str
    directory: str
    python: str
    packages: Mapping[str, str]
    has_requirements: bool
    reload: str | None
    rate_per_s: float
    objective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a suite of the best contenders measures again.

    Attributes:
        name: of the suite.
        title: for people.
        directory: the application's, from where the suite is.
        venv: of the application, from where the suite is; None for Rush Hour's own.
        sent: the requests.
        load: that is offered: rate, connections, processes and time-out.
        systems: the best contenders.
    """

    name: str
    title: str
    directory: str
    venv: str | None
    sent: WorkloadSpec
    load: LoadDefaults
    systems: Sequence[SystemSpec]
