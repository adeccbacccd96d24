"""WSGI applications on the HTTP engine: `WsgiServer(app)` is a handler that `Container.make_servers` may return."""

from api_hour.http.wsgi.server import WsgiServer

__all__ = ["WsgiServer"]
