"""The agents with their login status."""

from typing import Any

from api_hour.http import Request


async def agents(request: Request) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = await request.container.services["agents"].list()
    return listed
