"""API-Hour: any asyncio server as a supervised multi-process daemon.

A user subclasses `Container`; `api_hour TARGET` does the rest. Nothing here imports the supervisor or the
worker, so importing this package from a Container costs next to nothing.
"""

from importlib.metadata import version

from api_hour.container import Container

__all__ = ["Container", "__version__"]

__version__ = version("api-hour")
