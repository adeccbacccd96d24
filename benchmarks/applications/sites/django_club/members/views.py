"""Views: plain ones and coroutines, forms, uploads, downloads, streams."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterator

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from members.models import Member


def index(request: HttpRequest) -> HttpResponse:
    """Show a form, and what was said."""
    said = " ".join(str(message) for message in messages.get_messages(request))
    token = get_token(request)
    return HttpResponse(f'<p>{said}</p><input name="csrfmiddlewaretoken" value="{token}">')


@require_http_methods(["POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take files of a form."""
    for name, file in sorted(request.FILES.items()):
        digest = hashlib.sha256(b"".join(file.chunks())).hexdigest()
        messages.info(request, f"{name}: {file.name}, {file.size} bytes, {digest}")
    return redirect("/")


@csrf_exempt
def digest(request: HttpRequest) -> JsonResponse:
    """Return the digest of a body that is read in parts."""
    found, length = hashlib.sha256(), 0
    while part := request.read(65536):
        found.update(part)
        length += len(part)
    return JsonResponse({"bytes": length, "sha256": found.hexdigest(), "type": request.content_type})


def member(_request: HttpRequest, number: int) -> JsonResponse:
    """Return a member."""
    found = get_object_or_404(Member, pk=number)
    return JsonResponse({"name": found.name, "portrait": found.portrait.name})


def portrait(_request: HttpRequest, number: int) -> FileResponse:
    """Return a member's portrait."""
    found = get_object_or_404(Member, pk=number)
    if not found.portrait:
        raise Http404
    return FileResponse(found.portrait.open(), as_attachment=True, filename="portrait.bin")


def lines(request: HttpRequest, number: int) -> StreamingHttpResponse:
    """Send lines one after the other, by the kind of generator that the entry point is made for."""
    parts = slow_parts(number) if hasattr(request, "scope") else slow_parts_in_thread(number)
    return StreamingHttpResponse(parts, content_type="text/plain")


async def slow_parts(number: int) -> AsyncIterator[str]:
    """Give lines."""
    for each in range(number):
        yield f"line {each}\n"
        await asyncio.sleep(0.02)


def slow_parts_in_thread(number: int) -> Iterator[str]:
    """Give the same lines."""
    for each in range(number):
        yield f"line {each}\n"
        time.sleep(0.02)


def nothing(_request: HttpRequest) -> HttpResponse:
    """Return no content."""
    return HttpResponse(status=204)


async def waits(request: HttpRequest) -> JsonResponse:
    """Answer after a while."""
    await asyncio.sleep(0.05)
    names = [name async for name in Member.objects.order_by("name").values_list("name", flat=True)]
    return JsonResponse({"names": names, "secure": request.is_secure(), "host": request.get_host()})


def crash(_request: HttpRequest) -> HttpResponse:
    """Fail."""
    raise RuntimeError("this is meant to fail")
