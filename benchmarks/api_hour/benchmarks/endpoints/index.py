"""A constant."""

from api_hour.http import Request


async def index(_request: Request) -> dict[str, str]:
    return {"hello": "world"}
