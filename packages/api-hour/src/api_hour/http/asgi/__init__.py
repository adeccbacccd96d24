"""ASGI 3 applications on the HTTP engine: `AsgiServer(app)` is a handler that `Container.make_servers` may return."""

from api_hour.http.asgi.server import AsgiServer

__all__ = ["AsgiServer"]
