"""The service as API-Hour Containers.

`benchmarks:Container` is the published one: one query for each request, and its rows encoded here. The other two do
what no other system of the published comparison does: see their rows in `suites/agents.toml`.
"""

import os
from asyncio import AbstractEventLoop
from collections.abc import Mapping, Sequence
from typing import Any

import api_hour
from api_hour.container import Handler, WorkerHandle
from api_hour.engines.postgres import PostgresEngine
from api_hour.http import Handler as Endpoint
from api_hour.http import HttpServer, Router
from benchmarks.endpoints import agents, index
from benchmarks.services.agents import Agents, AgentsByDatabase


class Container(api_hour.Container):
    """Endpoints, services and engines of the benchmark."""

    agents_class = Agents
    routes: Mapping[str, Endpoint] = {"/index": index.index, "/agents": agents.agents}

    def __init__(self, config: Any, worker: WorkerHandle, loop: AbstractEventLoop) -> None:
        super().__init__(config, worker, loop)
        in_all = int(os.environ.get("DATABASE_CONNECTIONS") or config["engines"]["pg"]["connections"])
        connections = max(1, in_all // worker.workers)
        postgres = PostgresEngine(os.environ["DATABASE_URL"], min_size=connections, max_size=connections)
        self.engines["pg"] = postgres
        self.services["agents"] = self.agents_class(postgres)

        router = Router()
        for path, endpoint in self.routes.items():
            router.add("GET", path, endpoint)
        self.servers["http"] = HttpServer(router, container=self)

    def make_servers(self) -> Sequence[Handler]:
        """Serve HTTP on every address."""
        return [self.servers["http"]]


class JsonContainer(Container):
    """The database builds the JSON, one query for each request."""

    agents_class = AgentsByDatabase


class CoalescedContainer(Container):
    """Requests that come at the same time share an answer whose query begins after all of them have come."""

    routes: Mapping[str, Endpoint] = {**Container.routes, "/agents": agents.agents_coalesced}
