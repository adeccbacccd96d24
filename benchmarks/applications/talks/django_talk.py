"""The conversation with Django: the admin with its login and forms, static files, uploads, streams, Channels."""

import json
import re
from pathlib import Path

from applications_client import TIMEOUT_S, Client
from applications_rig import python
from talks.asking import (
    MEGABYTE,
    make_static_files,
    note_digest,
    origin,
    parts,
    refused_websocket,
    static_files,
    websocket,
)
from websockets.sync.client import connect

MASKS = (
    r'name="csrfmiddlewaretoken" value="(\w+)"',
    r'(\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)" class="v(?:Date|Time)Field',
    r"(\b[A-Z][a-z]{2,8}\.? \d+, \d{4}, \d+(?::\d+)? [ap]\.m\.)",
)
CLOSING = {"Connection": "close"}  # where the body is not read, some servers close, and some read it
SUPERUSER = {f"DJANGO_SUPERUSER_{name}": value for name, value in
             (("USERNAME", "root"), ("PASSWORD", "of-the-club"), ("EMAIL", "root@club.example"))}  # fmt: skip


def prepare(directory: Path) -> None:
    """Make the database, a user, and the static files."""
    make_static_files(directory)
    python(directory, "manage.py", "migrate", "--run-syncdb", "--verbosity=0")
    python(directory, "manage.py", "createsuperuser", "--noinput", "--verbosity=0", environment=SUPERUSER)
    python(directory, "manage.py", "collectstatic", "--noinput", "--verbosity=0")


def talk(client: Client) -> None:
    """Talk to the ASGI entry point, over WebSockets too."""
    talk_over_http(client)
    websocket(client, "/talk", subprotocols=("one", "two"))
    cookie = "; ".join(f"{name}={value}" for name, value in client.http.cookies.items())
    url, fields = f"ws://{client.address}/room/tea", {"Cookie": cookie}
    with connect(url, additional_headers=fields, origin=origin(client), proxy=None) as room:
        for content in ("hello", {"a": ["ü", None]}):
            room.send(json.dumps(content))
            client.note("in the room", came=room.recv(TIMEOUT_S))
    client.http.cookies.clear()
    refused_websocket(client, "/room/tea")
    client.stop_under_stream("/lines/50")


def talk_to_wsgi(client: Client) -> None:
    """Talk to the WSGI entry point."""
    talk_over_http(client)
    client.stop_under_stream("/lines/50")


def talk_over_http(client: Client) -> None:
    """Ask for all that both entry points have."""
    for path in ("/", "/nothing", "/none", "/waits", "/members/1", "/members/x", "/crash", "/admin/", "/upload"):
        client.get(path)
    client.ask("HEAD", "/waits")
    use_admin(client)
    send_files(client)
    static_files(client, static_path(client, "style.css"))
    static_files(client, static_path(client, "picture.bin"))
    compressed = {"Accept-Encoding": "gzip"}
    client.get(static_path(client, "style.css"), headers=compressed, step="a compressed static file")
    client.get("/static/none.css")
    client.lines("/lines/10")


def static_path(client: Client, name: str) -> str:
    """Return the path that a static file has by the digest of its content."""
    manifest = client.http.get("/static/staticfiles.json").json()
    return f"/static/{manifest['paths'][name]}"


def token(client: Client, path: str) -> str:
    """Return the token that a form has."""
    match = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.http.get(path).text)
    assert match is not None, f"{path} has no form"
    return match[1]


def use_admin(client: Client) -> None:
    """Log in, add a member with a portrait, change it, look for it, and delete it."""
    login = "/admin/login/?next=/admin/"
    client.get(login)
    wrong = {"username": "root", "password": "wrong", "csrfmiddlewaretoken": token(client, login)}
    client.ask("POST", login, data={**wrong, "csrfmiddlewaretoken": "x" * 64}, step="a login with a wrong token")
    client.ask("POST", login, data=wrong, step="a login with a wrong password")
    client.ask("POST", login, data={**wrong, "password": "of-the-club"})
    client.get("/admin/")
    add = "/admin/members/member/add/"
    for name, portrait in (("Ann", MEGABYTE * 3), ("Bob", b"small"), ("Bob", b"twice")):
        data = {"name": name, "csrfmiddlewaretoken": token(client, add), "_save": "Save"}
        client.ask("POST", add, data=data, files={"portrait": (f"{name}.bin", portrait)})
    client.get("/admin/members/member/?q=Bob")
    change = "/admin/members/member/2/change/"
    client.get(change)
    client.ask("POST", change, data={"name": "Böb", "csrfmiddlewaretoken": token(client, change), "_continue": "1"})
    client.get("/members/2")
    client.get("/portrait/1")
    client.ask("HEAD", "/portrait/1")
    note_digest(client, "/portrait/1")
    delete = "/admin/members/member/2/delete/"
    client.ask("POST", delete, data={"post": "yes", "csrfmiddlewaretoken": token(client, delete)})
    client.get("/waits")
    client.get("/admin/jsi18n/")


def send_files(client: Client) -> None:
    """Send some megabytes in each way."""
    files = {"one": ("one.bin", MEGABYTE * 3), "two": ("twö.txt", b"two", "text/plain")}
    client.ask("POST", "/upload", files=files, data={"csrfmiddlewaretoken": token(client, "/")})
    client.ask("POST", "/upload", files=files, step="an upload without its token")
    client.get("/")
    client.ask("PUT", "/digest", content=MEGABYTE * 5)
    client.ask("PUT", "/digest", content=parts(), headers=CLOSING, step="PUT /digest, in chunks")
    client.ask("PUT", "/digest", content=b"", step="PUT /digest, nothing")
