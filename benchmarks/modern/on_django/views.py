"""The resources. What asks the database is a plain function, as Django's cursors are: ASGI has threads for them."""

import json as json_text
from functools import cache
from typing import Any

import httpx
import service
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

FIND_AGENT = service.for_psycopg(service.FIND_AGENT)
SET_PRESENCE = service.for_psycopg(service.SET_PRESENCE)

upstream = httpx.Client()


@cache
def upstream_of_coroutines() -> httpx.AsyncClient:
    return httpx.AsyncClient()


@require_GET
def agents(_request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute(service.LIST_AGENTS)
        return JsonResponse(dictionaries(cursor), safe=False)


@require_GET
def json(_request: HttpRequest) -> JsonResponse:
    return JsonResponse(service.HELLO)


@require_GET
def queries(request: HttpRequest) -> JsonResponse:
    found: list[dict[str, Any]] = []
    with connection.cursor() as cursor:
        for number in range(1, int(request.GET["count"]) + 1):
            cursor.execute(FIND_AGENT, [number])
            found += dictionaries(cursor)
    return JsonResponse(found, safe=False)


@require_http_methods(["PUT"])
def update(request: HttpRequest) -> JsonResponse:
    wanted = json_text.loads(request.body)
    with connection.cursor() as cursor:
        cursor.execute(SET_PRESENCE, [wanted["presence"], service.any_agent()])
        return JsonResponse(dictionaries(cursor)[0])


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"bytes": len(request.body)})


@require_GET
def download(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(service.MEGABYTE, content_type="text/plain")


@require_GET
def wait(_request: HttpRequest) -> JsonResponse:
    return JsonResponse(upstream.get(service.UPSTREAM_URL).json())


@require_GET
async def wait_as_coroutine(_request: HttpRequest) -> JsonResponse:
    return JsonResponse((await upstream_of_coroutines().get(service.UPSTREAM_URL)).json())


def dictionaries(cursor: Any) -> list[dict[str, Any]]:
    """Return all rows, each with the names of its columns, as Django's documentation has it."""
    columns = [column.name for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
