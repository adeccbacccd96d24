"""For Containers that serve with aiohttp: answers, a router with an environment for each route, and its middleware.

The interface is that of API-Hour 0.8. A new Container needs none of it: an aiohttp application is a TARGET itself.
"""

from api_hour.plugins.aiohttp.environment import env_middleware_factory
from api_hour.plugins.aiohttp.response import HTML, JSON
from api_hour.plugins.aiohttp.router import Router

__all__ = ["HTML", "JSON", "Router", "env_middleware_factory"]
