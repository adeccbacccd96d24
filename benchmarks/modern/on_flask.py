"""The service in Flask: `on_flask:app`."""

from typing import Any

import httpx
import service
from flask import Flask, Response, request
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

FIND_AGENT = service.for_psycopg(service.FIND_AGENT)
SET_PRESENCE = service.for_psycopg(service.SET_PRESENCE)

app = Flask(__name__)
size = service.connections_of_a_worker()
pool = ConnectionPool(
    service.DATABASE_URL,
    min_size=size,
    max_size=size,
    kwargs={"autocommit": True, "row_factory": dict_row},
    open=True,
)
upstream = httpx.Client()


@app.get("/agents")
def agents() -> list[Any]:
    with pool.connection() as connection:
        return connection.execute(service.LIST_AGENTS).fetchall()


@app.get("/json")
def json() -> dict[str, str]:
    return service.HELLO


@app.get("/queries")
def queries() -> list[Any]:
    count = int(request.args["count"])
    with pool.connection() as connection:
        return [connection.execute(FIND_AGENT, [number]).fetchone() for number in range(1, count + 1)]


@app.put("/update")
def update() -> Any:
    wanted = request.get_json()
    with pool.connection() as connection:
        return connection.execute(SET_PRESENCE, [wanted["presence"], service.any_agent()]).fetchone()


@app.post("/upload")
def upload() -> dict[str, int]:
    return {"bytes": len(request.get_data())}


@app.get("/download")
def download() -> Response:
    return Response(service.MEGABYTE, mimetype="text/plain")


@app.get("/wait")
def wait() -> Any:
    return upstream.get(service.UPSTREAM_URL).json()
