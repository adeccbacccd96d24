"""The ASGI entry point: HTTP by Django, WebSockets by Channels."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "club.settings")
django = get_asgi_application()

from members.consumers import Echo, Room  # noqa: E402  # when Django is set up

sockets = URLRouter([path("talk", Echo.as_asgi()), path("room/<name>", Room.as_asgi())])
application = ProtocolTypeRouter(
    {"http": django, "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets))}
)
