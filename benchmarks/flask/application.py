"""The service in Flask: `application:app`. One database connection for each thread, kept open."""

import os
import threading
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, Response
from psycopg.rows import dict_row

LIST_AGENTS = (Path(__file__).parents[1] / "sql" / "list_agents.sql").read_text()

app = Flask(__name__)

_of_this_thread = threading.local()


def database() -> psycopg.Connection[dict[str, Any]]:
    """Return this thread's connection; a lost one is replaced."""
    connection: psycopg.Connection[dict[str, Any]] | None = getattr(_of_this_thread, "connection", None)
    if connection is None or connection.closed:
        connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row)
        _of_this_thread.connection = connection
    return connection


def json_response(content: Any) -> Response:
    return app.response_class(
        app.json.dumps(content, separators=(",", ":"), sort_keys=False), mimetype="application/json"
    )


@app.get("/index")
def index() -> Response:
    return json_response({"hello": "world"})


@app.get("/agents")
def agents() -> Response:
    return json_response(database().execute(LIST_AGENTS).fetchall())
