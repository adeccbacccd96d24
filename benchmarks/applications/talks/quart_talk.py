"""The conversation with Quart."""

from applications_client import Client
from talks.asking import MEGABYTE, note_digest, parts, refused_websocket, static_files, wait_until, websocket


def talk(client: Client) -> None:
    """Ask for all that it has."""
    client.get("/")
    for text in ("first", "sécond & third"):
        client.ask("POST", "/messages", data={"text": text})
        client.get("/count")
    client.get("/")
    client.ask("POST", "/messages", data={"other": "1"}, step="a form without the field")
    client.ask("HEAD", "/")
    client.ask("OPTIONS", "/messages")
    for path in ("/thread", "/nothing", "/push", "/crash", "/none"):
        client.get(path)
    static_files(client, "/static/style.css")
    static_files(client, "/static/picture.bin")
    client.ask("POST", "/files", files=[("files", ("one.bin", MEGABYTE * 3)), ("files", ("two.txt", b"two"))])
    client.ask("PUT", "/digest", content=MEGABYTE * 5)
    client.ask("PUT", "/digest", content=parts(), step="PUT /digest, in chunks")
    static_files(client, "/files/one.bin")
    note_digest(client, "/files/one.bin")
    client.lines("/lines/10")
    client.lines("/events", headers={"Accept": "text/event-stream"})
    client.ask("POST", "/jobs/one")
    wait_until(lambda: bool(client.http.get("/jobs/one").json()["done"]))
    client.get("/jobs/one")
    websocket(client, "/talk")
    refused_websocket(client, "/none")
    client.stop_under_stream("/lines/50")
