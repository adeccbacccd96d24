"""A Django application. Django has no background tasks and, without channels, no WebSockets."""

from typing import cast

import django
from asgi_apps.seen import fail, forever, pieces
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.urls.resolvers import URLPattern


async def hello(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"path": request.path, "query": request.GET.dict()})


def upload(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"size": len(request.read())})


async def stream(_request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(pieces())


async def endless(_request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(forever())


async def boom(_request: HttpRequest) -> JsonResponse:
    fail()
    return JsonResponse({})


urlpatterns: list[URLPattern] = [
    path("hello", hello),
    path("upload", upload),
    path("stream", stream),
    path("forever", endless),
    path("boom", boom),
]

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        LOGGING_CONFIG=None,
        MIDDLEWARE=[],
        ROOT_URLCONF=cast("str", tuple(urlpatterns)),
        SECRET_KEY="not a secret",  # noqa: S106  # nothing is signed with it
    )
    django.setup()

application = get_asgi_application()
