"""The options of `rush-hour capacity`, in the groups that its help shows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from rush_hour.commands import options
from rush_hour.commands.options import read_with
from rush_hour.errors import UsageError
from rush_hour.judge.objective.objective import Objective
from rush_hour.judge.objective.parsing import parse_objective
from rush_hour.units import parse_duration_s, parse_percent, parse_rate_per_s

# 99.9 % good is what `load` and `bench` call holding. 250 ms: at the end of a step of 10 s requests are that late where
# the rate is 2.5 % too high, so half of the precision that is asked for shows; and few servers need as long at rest.
DEFAULT_OBJECTIVE = "p99 < 250ms, good >= 99.9%"
MOST_CONNECTIONS = 1000


def parse_slo(text: str) -> Objective:
    """Read the value of `--slo`.

    Raises:
        UsageError: it is no objective, or one that needs a baseline.
    """
    objective = parse_objective(text, what="--slo")
    for clause in objective.clauses:
        if clause.is_of_baseline:
            raise UsageError(f"--slo: clause {clause.text!r}: expected a value: a capacity has no baseline.")
    return objective


def _parse_precision(text: str, *, what: str) -> float:
    """Read a share from 1% to 50%."""
    share = parse_percent(text, what=what)
    if not 0.01 <= share <= 0.5:
        raise UsageError(f"{what}: expected a share from 1% to 50%, such as 5%; got {text!r}.")
    return share


def _show_share(share: Any) -> str:
    return f"{100 * share:g}%"


SLO = Parameter(
    name="--slo",
    metavar="OBJECTIVE",
    help="What must be met, such as 'p99 < 100ms, good >= 99.9%'.",
)
STEP = Parameter(
    name="--step",
    metavar="TIME",
    converter=read_with(parse_duration_s, "--step"),
    show_default=options.show_seconds,
    help="How long each rate is measured.",
)
CONFIRM = Parameter(
    name="--confirm",
    metavar="TIME",
    converter=read_with(parse_duration_s, "--confirm", zero_is_fine=True),
    show_default=options.show_seconds,
    help="How long the answer, and 10 % more, is measured in the end; 0 for not at all.",
)
PRECISION = Parameter(
    name="--precision",
    metavar="SHARE",
    converter=read_with(_parse_precision, "--precision"),
    show_default=_show_share,
    help="How near to the answer the ends of its 95 % interval must be.",
)
MAX_RATE = Parameter(
    name="--max-rate",
    metavar="NUMBER",
    converter=read_with(parse_rate_per_s, "--max-rate"),
    help="Requests per second above which nothing is tried.",
)
SYSTEM_OPTION = Parameter(name="--system", metavar="NAME", help="System of the suite; not needed where there is one.")


@Parameter(name="*", group="Search")
@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """Options of the search."""

    slo: Annotated[str, SLO] = DEFAULT_OBJECTIVE
    budget_s: Annotated[float, options.SEARCH_BUDGET] = 300.0
    step_s: Annotated[float, STEP] = 10.0
    confirm_s: Annotated[float, CONFIRM] = 30.0
    precision: Annotated[float, PRECISION] = 0.05
    max_rate_per_s: Annotated[float | None, MAX_RATE] = None


@Parameter(name="*", group="Load")
@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityPaceOptions:
    """Options of the load at each rate."""

    connections: Annotated[int, options.LEAST_CONNECTIONS] = 10
    max_connections: Annotated[int, options.MAX_CONNECTIONS] = MOST_CONNECTIONS
    processes: Annotated[int, options.PROCESSES] = 2
    warmup_s: Annotated[float, options.WARMUP] = 1.0
    timeout_s: Annotated[float, options.TIMEOUT] = 2.0
    arrivals: Annotated[Literal["constant", "poisson"], options.ARRIVALS] = "constant"
    seed: Annotated[int, options.SEED] = 1


@Parameter(name="*", group="System of a suite, instead of a URL")
@dataclass(frozen=True, slots=True, kw_only=True)
class CapacitySystemOptions:
    """Options of a system that is started."""

    suite: Annotated[Path | None, options.SUITE_OPTION] = None
    system: Annotated[str | None, SYSTEM_OPTION] = None
    request: Annotated[tuple[str, ...], options.REQUESTS] = ()
    workers: Annotated[int | None, options.WORKERS] = None
    server_threads: Annotated[int | None, options.SERVER_THREADS] = None
    database: Annotated[str | None, options.DATABASE] = None
    nginx: Annotated[Path | None, options.NGINX] = None


@Parameter(name="*", group="Output")
@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityOutputOptions:
    """Options of the output."""

    json: Annotated[Path | None, options.JSON] = None
    html: Annotated[Path | None, options.HTML] = None
    label: Annotated[str | None, options.LABEL] = None
