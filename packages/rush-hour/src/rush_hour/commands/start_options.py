"""The options of `rush-hour load` that say what to start before it, and how often."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from rush_hour.commands.options import read_with
from rush_hour.commands.repeat_options import repeats_of
from rush_hour.errors import UsageError
from rush_hour.load.transport.address import Address
from rush_hour.results.resources import Role
from rush_hour.rig.blocks import Repeats
from rush_hour.rig.parts.part import Part
from rush_hour.rig.parts.run_directory import RunDirectory
from rush_hour.rig.started import parse_start
from rush_hour.units import parse_count, parse_duration_s

START = Parameter(
    name="--start",
    metavar="COMMAND",
    help="Start this server before the load and stop it after; its CPU time, memory and errors are in the result.",
)
STARTS = Parameter(
    name="--repeats",
    metavar="NUMBER",
    converter=read_with(parse_count, "--repeats"),
    help="Starts of the server, each with a run of its own.",
)
UNTIL_OF_LOAD = Parameter(
    name="--until",
    metavar="FIGURE",
    help="Make no further start when a figure is known so exactly, such as 'p99 ±5%'.",
)
BUDGET_OF_LOAD = Parameter(
    name="--budget",
    metavar="TIME",
    converter=read_with(parse_duration_s, "--budget"),
    help="Make no start whose run would end later than that after the first one began.",
)

Starts = Callable[[Callable[[str], None]], AbstractContextManager[Mapping[Role, Part]]]


@Parameter(name="*", group="Server")
@dataclass(frozen=True, slots=True, kw_only=True)
class StartOptions:
    """Options of a server that is started for the load; without any, somebody else has started it."""

    start: Annotated[str | None, START] = None
    repeats: Annotated[int | None, STARTS] = None
    until: Annotated[str | None, UNTIL_OF_LOAD] = None
    budget_s: Annotated[float | None, BUDGET_OF_LOAD] = None

    def settings(self) -> Repeats | None:
        """Return how often the server is started; None for once.

        Raises:
            UsageError: nothing is started that could be repeated, or an option is wrong.
        """
        given = {"--repeats": self.repeats, "--until": self.until, "--budget": self.budget_s}
        named = [name for name, value in given.items() if value is not None]
        if not named:
            return None
        if self.start is None:
            raise UsageError(
                f"{named[0]}: expected --start COMMAND with it: what is repeated is a start of the server."
            )
        return repeats_of(self.repeats, self.until, self.budget_s, seed=0)  # of one system there is one order

    @contextmanager
    def starts(self, address: Address) -> Iterator[Starts]:
        """Give what starts the server, and tells which parts serve then; without a command, none.

        Args:
            address: where it serves.
        """
        if self.start is None:
            yield lambda _on_step: nullcontext({})
            return
        command = parse_start(self.start, address)

        @contextmanager
        def started(on_step: Callable[[str], None]) -> Iterator[Mapping[Role, Part]]:
            with command.started(run_directory, on_step) as part:
                yield {"server": part}

        with RunDirectory() as run_directory:
            yield started
