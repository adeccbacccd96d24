"""The conversation with FastAPI."""

from applications_client import Client
from talks.asking import MEGABYTE, note_digest, parts, refused_websocket, static_files, wait_until, websocket


def talk(client: Client) -> None:
    """Ask for all that it has."""
    ask_simple(client)
    static_files(client, "/static/style.css")
    static_files(client, "/static/picture.bin")
    upload(client)
    streams(client)
    jobs(client)
    websocket(client, "/talk", subprotocols=("one", "two"))
    refused_websocket(client, "/closed")
    client.stop_under_stream("/lines/50")


def ask_simple(client: Client) -> None:
    """Ask for what is answered at once."""
    client.get("/")
    client.get("/scope?a=%20b&a=c%2Fd", headers={"X-Letters": "a, b", "Accept-Encoding": "identity"})
    client.get("/openapi.json")
    client.get("/docs")
    client.ask("POST", "/orders", json={"name": "tea", "number": 2})
    client.ask("POST", "/orders", json={"name": "t"}, step="an invalid order")
    client.ask("POST", "/orders", content=b"{", step="a broken order")
    client.get("/search?words=one&words=two%20three&limit=3")
    client.get("/secret")
    client.get("/secret", auth=("me", "let me in"))
    client.get("/secret", auth=("me", "please"))
    client.get("/nothing")
    client.ask("HEAD", "/nothing")
    client.get("/elsewhere")
    client.get("/cookies", headers={"Cookie": 'a=1; b="two"'})
    client.get("/long", headers={"Accept-Encoding": "gzip"})
    client.get("/teapot")
    client.get("/crash", headers={"Connection": "close"})  # uvicorn closes then in any case, and does not say so
    client.get("/none")
    client.ask("DELETE", "/long")
    client.ask("OPTIONS", "/", headers={"Origin": "http://other.example", "Access-Control-Request-Method": "PUT"})


def upload(client: Client) -> None:
    """Send some megabytes in each way, and read them again."""
    files = [("files", ("one.bin", MEGABYTE * 3)), ("files", ("two.txt", b"two", "text/plain"))]
    client.ask("POST", "/files", files=files)
    client.ask("PUT", "/digest", content=MEGABYTE * 5)
    client.ask("PUT", "/digest", content=parts(), step="PUT /digest, in chunks")
    client.ask("PUT", "/digest", content=b"", step="PUT /digest, nothing")
    client.ask("PUT", "/digest", content=b"12345", headers={"Expect": "100-continue"}, step="PUT /digest, expecting")
    static_files(client, "/files/one.bin")
    note_digest(client, "/files/one.bin")


def streams(client: Client) -> None:
    """Read what comes bit by bit."""
    client.lines("/lines/10")
    client.lines("/plain-lines")
    client.lines("/events", headers={"Accept": "text/event-stream"})
    client.lines("/events", headers={"Accept": "text/event-stream", "Last-Event-ID": "3"})


def jobs(client: Client) -> None:
    """Start background tasks, and wait until they are done."""
    client.ask("POST", "/jobs/one")
    wait_until(lambda: all(client.http.get("/jobs/one").json().values()))
    client.get("/jobs/one")
