"""The two resources: a constant, and the agents with their login status."""

from pathlib import Path

from django.db import connection
from django.http import HttpRequest, JsonResponse

COMPACT = {"separators": (",", ":")}
LIST_AGENTS = (Path(__file__).parents[3] / "sql" / "list_agents.sql").read_text()


def index(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"hello": "world"}, json_dumps_params=COMPACT)


def agents(_request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute(LIST_AGENTS)
        columns = [column.name for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return JsonResponse(rows, safe=False, json_dumps_params=COMPACT)
