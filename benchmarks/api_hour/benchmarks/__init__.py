"""The service as an API-Hour Container: `benchmarks:Container`."""

import os
from asyncio import AbstractEventLoop
from collections.abc import Sequence
from typing import Any

import api_hour
from api_hour.container import Handler, WorkerHandle
from api_hour.engines.postgres import PostgresEngine
from api_hour.http import HttpServer, Router
from benchmarks.endpoints import agents, index
from benchmarks.services.agents import Agents


class Container(api_hour.Container):
    """Endpoints, services and engines of the benchmark."""

    def __init__(self, config: Any, worker: WorkerHandle, loop: AbstractEventLoop) -> None:
        super().__init__(config, worker, loop)
        in_all = int(os.environ.get("DATABASE_CONNECTIONS") or config["engines"]["pg"]["connections"])
        connections = max(1, in_all // worker.workers)
        postgres = PostgresEngine(os.environ["DATABASE_URL"], min_size=connections, max_size=connections)
        self.engines["pg"] = postgres
        self.services["agents"] = Agents(postgres)

        router = Router()
        router.add("GET", "/index", index.index)
        router.add("GET", "/agents", agents.agents)
        self.servers["http"] = HttpServer(router, container=self)

    def make_servers(self) -> Sequence[Handler]:
        """Serve HTTP on every address."""
        return [self.servers["http"]]
