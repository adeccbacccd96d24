"""The servers of the catalogue on the terminal: those that are installed, then the others with what brings them."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from rush_hour.judge.health.facts import FoundServer
from rush_hour.report.terminal.colours import FAINT, HOLDS, STRONG
from rush_hour.report.terminal.tables import Cell, Counts


def server_list(found: Sequence[FoundServer]) -> RenderableType:
    """Return all of them, by the names that `--server` takes."""
    there = [_row(server) for server in found if server.version is not None]
    missing = [_row(server) for server in found if server.version is None]
    answer = f"{len(there)} of {len(found)} servers, and ways to run them, are installed."
    return Group(Text(answer, STRONG), "", Counts([*there, *missing]))


def _row(server: FoundServer) -> tuple[Cell, Cell, Cell]:
    if server.version is None:
        return server.name, Text("missing", FAINT), server.command
    return server.name, Text(server.version, HOLDS), server.title
