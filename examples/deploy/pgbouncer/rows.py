"""A service that reads from PostgreSQL through PgBouncer, which DATABASE_URL leads to."""

import os
from typing import Any

import api_hour
from api_hour.engines.postgres import PostgresEngine
from api_hour.http import HttpServer, Request, Response, Router

CONNECTIONS = 80  # of all workers, to PgBouncer


class Container(api_hour.Container):
    """Answers with rows."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.engines["pg"] = PostgresEngine(
            os.environ["DATABASE_URL"], max_size=CONNECTIONS // self.worker.workers, statement_cache_size=0
        )
        self.router = Router()
        self.router.add("GET", "/rows/{count:int}", self.rows)

    async def rows(self, request: Request) -> Response:
        """Answer with so many rows, and with the session of the database that has given them."""
        query = "SELECT number, pg_backend_pid() AS session FROM generate_series(1, $1) AS number"
        body = await self.engines["pg"].fetch_rows_as_json(query, request.path_parameters["count"])
        return Response(body, content_type="application/json")

    def make_servers(self) -> list[HttpServer]:
        """Serve HTTP."""
        return [HttpServer(self.router, container=self)]
