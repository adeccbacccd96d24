"""A Django application, with its middleware for sessions."""

from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.urls.resolvers import URLPattern


def hello(request: HttpRequest) -> HttpResponseBase:
    return JsonResponse({"path": request.path, "query": request.GET.dict()})


def upload(request: HttpRequest) -> HttpResponseBase:
    if request.FILES:
        return JsonResponse({"size": len(request.FILES["file"].read())})  # type: ignore[union-attr]  # there is one
    return JsonResponse({"size": len(request.read())})


def count(request: HttpRequest) -> HttpResponseBase:
    request.session["count"] = request.session.get("count", 0) + 1
    return JsonResponse({"count": request.session["count"]})


def stream(_request: HttpRequest) -> HttpResponseBase:
    def pieces() -> Iterator[bytes]:
        for number in range(5):
            yield f"piece {number}\n".encode()

    return StreamingHttpResponse(pieces(), content_type="text/plain")


def file(request: HttpRequest) -> HttpResponseBase:
    return FileResponse(Path(request.GET["path"]).open("rb"))


def nothing(_request: HttpRequest) -> HttpResponseBase:
    return HttpResponse(status=204)


def boom(_request: HttpRequest) -> HttpResponseBase:
    raise ZeroDivisionError("on purpose")


urlpatterns: list[URLPattern] = [
    path(view.__name__, view) for view in (hello, upload, count, stream, file, nothing, boom)
]

settings.configure(
    SECRET_KEY="not a secret",  # noqa: S106  # of a test
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
)
django.setup()

application = get_wsgi_application()
