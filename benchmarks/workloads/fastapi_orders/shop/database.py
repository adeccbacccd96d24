"""A pool of connections, as long as the application lives, and one of them for each request."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from fastapi import Depends, FastAPI, Request

CONNECTIONS = 10  # of each worker

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
PooledConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool, and close it."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=CONNECTIONS) as pool:
        app.state.pool = pool
        yield


async def get_connection(request: Request) -> AsyncIterator[PooledConnection]:
    """Lend a connection."""
    pool: Pool = request.app.state.pool
    async with pool.acquire() as connection:
        yield connection


Connection = Annotated[PooledConnection, Depends(get_connection)]
