"""The workloads of `make modern`: which requests of the suite, and at which rate. Declarations."""

from dataclasses import dataclass

SLOW_CLIENTS = 64
SLOW_PATH = "/upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One bench of all systems.

    Attributes:
        name: of its column, and of the directory of its results.
        rate: requests per second, as `--rate` has it.
        requests: names of the suite's requests; none for all of them, by weight.
        has_slow_clients: whether there are clients beside that send a byte a second, in heads and in bodies of uploads.
    """

    name: str
    rate: str
    requests: tuple[str, ...] = ()
    has_slow_clients: bool = False


WORKLOADS = (
    Workload(name="agents", rate="200", requests=("agents",)),
    Workload(name="json", rate="400", requests=("json",)),
    Workload(name="queries", rate="50", requests=("queries",)),
    Workload(name="update", rate="200", requests=("update",)),
    Workload(name="upload", rate="20", requests=("upload",)),
    Workload(name="download", rate="20", requests=("download",)),
    Workload(name="wait", rate="200", requests=("wait",)),
    Workload(name="mix", rate="100"),
    Workload(name="slow-clients", rate="100", has_slow_clients=True),
)
