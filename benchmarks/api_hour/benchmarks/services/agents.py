"""What is known about agents."""

from pathlib import Path
from typing import Any

from api_hour.engines.postgres import PostgresEngine

LIST_AGENTS = (Path(__file__).parents[3] / "sql" / "list_agents.sql").read_text()


class Agents:
    """The agents of the call centre."""

    def __init__(self, postgres: PostgresEngine) -> None:
        self._postgres = postgres

    async def list(self) -> "list[dict[str, Any]]":
        """Return every agent with its login status, one query for each call."""
        return [dict(row) for row in await self._postgres.fetch(LIST_AGENTS)]
