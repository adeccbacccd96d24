"""The agents with their login status."""

from api_hour.coalesce import coalesce
from api_hour.http import Request, Response
from benchmarks.services.agents import Agents


async def agents(request: Request) -> Response:
    service: Agents = request.container.services["agents"]
    return Response(await service.list_all(), content_type="application/json")


@coalesce(key=lambda request: request.target)
async def agents_coalesced(request: Request) -> Response:
    """Answer all requests that came while the one before was answered, and no other."""
    return await agents(request)
