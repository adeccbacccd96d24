"""What the service is, whatever serves it: its statements, its constants, and what a worker has of the database."""

import os
import random
import re
from pathlib import Path

import megabyte

HERE = Path(__file__).parent

LIST_AGENTS = (HERE.parent / "sql" / "list_agents.sql").read_text()
FIND_AGENT = "SELECT id, number FROM agentfeatures WHERE id = $1"
SET_PRESENCE = "UPDATE agent_presences SET presence = $1 WHERE agent_id = $2 RETURNING presence"

HELLO = {"hello": "world"}
MEGABYTE = megabyte.MEGABYTE
AGENTS = 50
CONNECTIONS = 16  # to the database, of all workers together

DATABASE_URL = os.environ["DATABASE_URL"]
UPSTREAM_URL = os.environ["UPSTREAM_URL"]


def connections_of_a_worker() -> int:
    return max(1, CONNECTIONS // int(os.environ["WORKERS"]))


def any_agent() -> int:
    return random.randint(1, AGENTS)  # noqa: S311  # rows are spread, nothing is secret


def for_psycopg(statement: str) -> str:
    """Return a statement with the placeholders of the DB-API, in the order of its own."""
    return re.sub(r"\$\d", "%s", statement)
