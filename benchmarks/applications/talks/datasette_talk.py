"""The conversation with Datasette."""

import sqlite3
from contextlib import closing
from pathlib import Path

from applications_client import Client
from talks.asking import make_static_files, static_files

BOOKS = 2000
PATHS = [
    "/",
    "/library",
    "/library/books",
    "/library/books?_sort_desc=year&year__gt=2000&_facet=author_id",
    "/library/books?_next=50",
    "/library/books/7",
    "/library/books/7.json",
    "/library/books.json?_shape=array&_size=9",
    "/library.json?sql=select+count(*)+as+n,+year+from+books+group+by+year&_shape=objects",
    "/library?sql=select+*+from+books+where+title+%3D+:title&title=Book+77",
    "/library?sql=delete+from+books",
    "/library?sql=select+broken",
    "/-/versions.json",
    "/-/metadata.json",
    "/-/settings.json",
    "/-/threads.txt",
    "/none",
    "/library/none",
    "/library/books/99999",
    "/-/static/app.css",
    "/library/books/7.blob?_blob_column=cover",
]


def prepare(directory: Path) -> None:
    """Make the database, and static files."""
    make_static_files(directory)
    with closing(sqlite3.connect(directory / "library.db")) as database, database:
        database.execute("create table authors (id integer primary key, name text)")
        database.execute(
            "create table books (id integer primary key, title text, year integer, cover blob,"
            " author_id integer references authors (id))"
        )
        database.executemany(
            "insert into authors values (?, ?)", [(number, f"Äuthor {number}") for number in range(20)]
        )
        books = ((number, f"Book {number}", 1900 + number % 120, bytes(99), number % 20) for number in range(BOOKS))
        database.executemany("insert into books values (?, ?, ?, ?, ?)", books)


def talk(client: Client) -> None:
    """Look at the database in all ways."""
    for path in PATHS:
        client.get(path)
    client.ask("HEAD", "/library/books")
    client.ask("OPTIONS", "/library.json")
    client.ask("POST", "/-/messages", data={"message": "hello"}, step="a form without its token")
    form = client.http.get("/-/messages")
    token = form.text.partition('name="csrftoken" value="')[2].partition('"')[0]
    client.ask("POST", "/-/messages", data={"message": "hello", "message_type": "INFO", "csrftoken": token})
    client.get("/")
    static_files(client, "/assets/style.css")
    static_files(client, "/assets/picture.bin")
    client.lines("/library/books.csv?_stream=on&_size=max")
    client.stop_under_stream("/library/books.csv?_stream=on&_dl=on")
