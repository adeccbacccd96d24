"""Handlers of a router that speak over a WebSocket; they need the extra `websocket`."""

from api_hour.http.websocket.handler import WebSocket, WebSocketClosed, websocket_handler

__all__ = ["WebSocket", "WebSocketClosed", "websocket_handler"]
