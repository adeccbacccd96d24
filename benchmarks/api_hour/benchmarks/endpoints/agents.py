"""The agents with their login status."""

from api_hour.http import Request
from benchmarks.services.agents import Agent, Agents


async def agents(request: Request) -> list[Agent]:
    service: Agents = request.container.services["agents"]
    return await service.list_all()
