"""The database: a connection for each thread, which is kept, and the command that fills it."""

import csv
import threading
from typing import Any, TextIO

import click
import psycopg
from flask import Flask, current_app
from psycopg.rows import dict_row
from werkzeug.security import generate_password_hash

PASSWORD_METHOD = "pbkdf2:sha256:1000"  # few rounds: logging in is not what is measured

Connection = psycopg.Connection[dict[str, Any]]

_of_this_thread = threading.local()


def get_db() -> Connection:
    """Return this thread's connection; one that is lost is replaced."""
    connection: Connection | None = getattr(_of_this_thread, "connection", None)
    if connection is None or connection.closed:
        connection = psycopg.connect(current_app.config["DATABASE_URL"], autocommit=True, row_factory=dict_row)
        _of_this_thread.connection = connection
    return connection


def init_app(app: Flask) -> None:
    """Give the application its commands."""
    app.cli.add_command(init_db)


@click.command("init-db")
@click.argument("users", type=click.File())
def init_db(users: TextIO) -> None:
    """Make the tables anew, with the users of a CSV file, and some hundred orders."""
    rows = [
        (row["user"], generate_password_hash(row["password"], method=PASSWORD_METHOD)) for row in csv.DictReader(users)
    ]
    with get_db().transaction():
        _execute("schema.sql")
        get_db().cursor().executemany("INSERT INTO users (name, password) VALUES (%s, %s)", rows)
        _execute("orders.sql")
    click.echo(f"{len(rows)} users")


def _execute(name: str) -> None:
    with current_app.open_resource(name) as file:
        get_db().execute(file.read())
