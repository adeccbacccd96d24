"""What is known about agents."""

from pathlib import Path

import msgspec

from api_hour.engines.postgres import PostgresEngine

LIST_AGENTS = (Path(__file__).parents[3] / "sql" / "list_agents.sql").read_text()


class Agent(msgspec.Struct, frozen=True):
    """An agent with its login status: the columns of the query, in their order."""

    number: str
    extension: str | None
    context: str | None
    state_interface: str | None
    status: str
    extension_status: str
    paused: str


class Agents:
    """The agents of the call centre."""

    def __init__(self, postgres: PostgresEngine) -> None:
        self._postgres = postgres

    async def list_all(self) -> list[Agent]:
        """Return every agent with its login status, one query for each call."""
        return [Agent(*row) for row in await self._postgres.fetch(LIST_AGENTS)]
