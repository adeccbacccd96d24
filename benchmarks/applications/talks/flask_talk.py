"""The conversation with Flask."""

from applications_client import Client
from talks.asking import MEGABYTE, note_digest, parts, static_files, wait_until


def talk(client: Client) -> None:
    """Ask for all that it has."""
    client.get("/environ?a=%20b&c=%C3%BC", headers={"X-Letters": "a, b", "Accept-Encoding": "identity"})
    client.get("/")
    for text in ("first", "sécond & third"):
        client.ask("POST", "/messages", data={"text": text})
        client.get("/count")
    client.get("/")
    client.ask("POST", "/messages", data={"other": "1"}, step="a form without the field")
    client.ask("HEAD", "/")
    client.ask("OPTIONS", "/messages")
    client.ask("DELETE", "/messages")
    for path in ("/nothing", "/teapot", "/forbidden", "/crash", "/none", "/waits", "/pages/a%2Fb/%C3%BC"):
        client.get(path)
    etag = client.get("/pages/one").headers["etag"]
    client.get("/pages/one", headers={"If-None-Match": etag}, step="GET /pages/one, again")
    static_files(client, "/static/style.css")
    static_files(client, "/static/picture.bin")
    client.ask("POST", "/files", files=[("files", ("one.bin", MEGABYTE * 3)), ("files", ("two.txt", b"two"))])
    client.ask("PUT", "/digest", content=MEGABYTE * 5)
    client.ask("PUT", "/digest", content=parts(), step="PUT /digest, in chunks")
    client.ask("PUT", "/digest", content=b"12345", headers={"Expect": "100-continue"}, step="PUT /digest, expecting")
    static_files(client, "/files/one.bin")
    note_digest(client, "/files/one.bin")
    client.lines("/lines/10")
    client.lines("/events", headers={"Accept": "text/event-stream"})
    client.ask("POST", "/jobs/one")
    wait_until(lambda: bool(client.http.get("/jobs/one").json()["done"]))
    client.get("/jobs/one")
    client.stop_under_stream("/lines/50")
