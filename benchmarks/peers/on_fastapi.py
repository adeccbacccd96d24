"""The service in FastAPI: `on_fastapi:application`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents import HELLO, Agents
from fastapi import FastAPI

service = Agents()


@asynccontextmanager
async def lifespan(_application: FastAPI) -> AsyncIterator[None]:
    await service.open()
    yield
    await service.close()


application = FastAPI(lifespan=lifespan)


@application.get("/index")
async def index() -> dict[str, str]:
    return HELLO


@application.get("/agents")
async def agents() -> list[dict[str, str | None]]:
    return await service.rows()
