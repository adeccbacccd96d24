"""What was full while a run was measured: CPU of the machine, or the core of one process. Only what the figures show.

Pure: a run in, a limit out; None where nothing was full, or nobody looked.
"""

from dataclasses import dataclass
from typing import Literal

from rush_hour.results.resources import Resources, Usage
from rush_hour.results.run import Run

FULL_RATIO = 0.9  # of what there is; what is left goes to waiting and to the kernel

Code = Literal[
    "generator", "server-cpu", "machine-cpu", "server-process", "proxy-process", "database-process"
]  # fmt: skip

_OF_ONE: dict[Code, str] = {
    "generator": "the load generator is full",
    "server-cpu": "its CPU is full",
    "machine-cpu": "the CPU is full",
    "server-process": "one of its processes fills a core",
    "proxy-process": "a process of the proxy fills a core",
    "database-process": "a process of the database fills a core",
}
_OF_SEVERAL: dict[Code, str] = {"server-cpu": "their CPU is full", "server-process": "a process of each fills a core"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What was full.

    Attributes:
        code: a name that stays.
        detail: more of it, to follow after a comma; empty where there is no more.
    """

    code: Code
    detail: str = ""

    @property
    def of_one(self) -> str:
        """What was full, of one system."""
        return _OF_ONE[self.code]

    @property
    def of_several(self) -> str:
        """What was full in each of several systems."""
        return _OF_SEVERAL.get(self.code, _OF_ONE[self.code])


def limit_of(run: Run, *, cores: int | None, server_cores: int | None = None) -> Limit | None:
    """Return what was full in a run.

    Args:
        run: the run.
        cores: of the machine that its parts shared; None where that is not known.
        server_cores: that the server may use of them; None for all.
    """
    if run.result.generator.busiest_process_cpu_ratio >= FULL_RATIO:
        return Limit(code="generator")
    resources = run.resources
    if resources is None:
        return None
    window_s = _window_s(run, resources.server)
    return _full_machine(run, resources, cores, server_cores, window_s) or _full_process(resources, window_s)


def _window_s(run: Run, server: Usage) -> float:
    """Return for how long the parts were watched."""
    return server.timeline[-1].at_s if server.timeline else run.result.elapsed_s


def _full_machine(
    run: Run, resources: Resources, cores: int | None, server_cores: int | None, window_s: float
) -> Limit | None:
    if cores is None:
        return None
    capacity_s, server_s = cores * window_s, resources.server.cpu_s
    if server_s >= FULL_RATIO * (server_cores or cores) * window_s:
        return Limit(code="server-cpu")
    used_s = sum(usage.cpu_s for usage in resources.by_role().values()) + (run.others_cpu_s or 0.0)
    if used_s >= FULL_RATIO * capacity_s:
        return Limit(code="machine-cpu", detail=f"{100 * server_s / used_s:.0f} % of it the server's")
    return None


def _full_process(resources: Resources, window_s: float) -> Limit | None:
    roles: tuple[tuple[Code, Usage | None], ...] = (
        ("server-process", resources.server),
        ("proxy-process", resources.proxy),
        ("database-process", resources.database),
    )
    for code, usage in roles:
        if usage is not None and any(process.cpu_s >= FULL_RATIO * window_s for process in usage.processes):
            return Limit(code=code)
    return None
