"""Datasette, by its own application: one database, its metadata, SQL, exports, writing through its API."""

from datasette.app import Datasette

TIMED = ("sql_time_limit_ms", "facet_time_limit_ms", "facet_suggest_time_limit_ms")
UNHURRIED = dict.fromkeys(TIMED, 60_000)  # a page is the same on a machine that is busy

app = Datasette(
    ["library.db"],
    static_mounts=[("assets", "static")],
    metadata={"title": "The library", "databases": {"library": {"tables": {"books": {"sortable_columns": ["year"]}}}}},
    settings={"default_page_size": 50, "max_returned_rows": 5000, "num_sql_threads": 2, **UNHURRIED},
    secret="for this program only",
).app()
