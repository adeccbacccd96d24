"""The conversation with Litestar."""

from applications_client import Client
from talks.asking import MEGABYTE, note_digest, parts, refused_websocket, static_files, wait_until, websocket


def talk(client: Client) -> None:
    """Ask for all that it has."""
    ask_simple(client)
    static_files(client, "/static/style.css")
    static_files(client, "/static/picture.bin")
    files = {"one": ("one.bin", MEGABYTE * 3), "two": ("two.txt", b"two", "text/plain")}
    client.ask("POST", "/files", files=files)
    client.ask("PUT", "/count", content=MEGABYTE * 5)
    client.ask("PUT", "/count", content=parts(), step="PUT /count, in chunks")
    client.get("/files/one.bin")
    note_digest(client, "/files/one.bin")
    client.lines("/lines/10")
    client.lines("/events", headers={"Accept": "text/event-stream"})
    client.ask("POST", "/jobs/one")
    wait_until(lambda: bool(client.http.get("/jobs/one").json()["done"]))
    client.get("/jobs/one")
    websocket(client, "/talk")
    refused_websocket(client, "/none")
    client.stop_under_stream("/lines/50")


def ask_simple(client: Client) -> None:
    """Ask for what is answered at once."""
    client.get("/")
    client.get("/schema/openapi.json")
    client.ask("POST", "/notes", json={"title": "one", "text": "two"})
    client.ask("POST", "/notes", json={"title": "one"}, step="an invalid note")
    client.ask("POST", "/notes", content=b"{", step="a broken note")
    client.get("/notes")
    client.get("/notes")
    client.get("/notes?size=99")
    client.get("/notes/3")
    client.ask("HEAD", "/notes/3")
    client.get("/notes/10")
    client.get("/notes/one")
    client.ask("DELETE", "/notes/3")
    client.ask("OPTIONS", "/notes")
    client.ask("PATCH", "/notes/3")
    client.get("/elsewhere")
    client.get("/long", headers={"Accept-Encoding": "gzip"})
