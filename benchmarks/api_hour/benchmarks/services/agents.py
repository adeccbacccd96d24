"""Agents as JSON: two ways to read the same bytes."""

from pathlib import Path

from api_hour.engines.postgres import PostgresEngine

SQL = Path(__file__).parents[3] / "sql"
LIST_AGENTS = (SQL / "list_agents.sql").read_text()
LIST_AGENTS_JSON = (SQL / "list_agents_json.sql").read_text()


class Agents:
    """The agents of the call centre."""

    def __init__(self, postgres: PostgresEngine) -> None:
        self._postgres = postgres

    async def list_all(self) -> bytes:
        """Return every agent with its login status, one query for each call."""
        return await self._postgres.fetch_rows_as_json(LIST_AGENTS)


class AgentsByDatabase(Agents):
    """The database builds the JSON; still one query for each call."""

    async def list_all(self) -> bytes:
        """Return every agent with its login status."""
        return await self._postgres.fetch_json(LIST_AGENTS_JSON)
