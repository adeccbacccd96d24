"""The conversation with NiceGUI: what a browser does with its pages, over HTTP and Socket.IO."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from typing import Any

import socketio
from applications_client import TIMEOUT_S, Client
from talks.asking import MEGABYTE, static_files

MASKS = (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", r'"sid":"([^"]+)"')
ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)")
CLIENT_ID = re.compile(r"'client_id': '([^']+)'")
RESOURCE = re.compile(r'"(/_nicegui/[^"]+\.(?:js|css|ico|mjs))"')


def talk(client: Client) -> None:
    """Open pages, use them, and ask for what they need."""
    client.get("/api/name")
    static_files(client, "/assets/style.css")
    static_files(client, "/assets/picture.bin")
    client.get("/none")
    page = client.get("/").text
    for path in sorted({*RESOURCE.findall(page)}):
        client.get(path)
    for transport in ("websocket", "polling"):
        asyncio.run(greet(client, client.get("/").text, transport))
    send_file(client, client.get("/upload").text)


async def greet(client: Client, page: str, transport: str) -> None:
    """Write a name, press the button, and see what the page becomes."""
    found, came = CLIENT_ID.search(page), asyncio.Queue[Any]()
    assert found is not None, "a page has no client"
    known = {"client_id": found[1]}
    browser = socketio.AsyncClient(reconnection=False)
    for event in ("update", "notify"):
        browser.on(event, lambda data, event=event: came.put_nowait((event, data)))
    path = "/_nicegui_ws/socket.io"
    async with asyncio.timeout(TIMEOUT_S), AsyncExitStack() as stack:
        stack.push_async_callback(browser.disconnect)
        await browser.connect(f"http://{client.address}", transports=[transport], socketio_path=path)
        hello = {**known, "tab_id": "tab", "document_id": "document", "next_message_id": 0}
        client.note(f"a page by {transport}", accepted=await browser.call("handshake", hello))
        for kind, arguments in (("update:value", [json.dumps("Ann")]), ("click", [])):
            number, listener = listener_of(page, kind)
            await browser.emit("event", {"id": number, **known, "listener_id": listener, "args": arguments})
        texts: list[str] = []
        notices: list[str] = []
        while not (texts and notices):
            event, data = await came.get()
            if event == "notify":
                notices.append(data["message"])
            else:
                elements = [element for element in data.values() if isinstance(element, dict)]
                texts += [text for element in elements if "Ann" in (text := element.get("text") or "")]
        client.note(f"the page by {transport} changes", texts=texts, notices=notices)


def listener_of(page: str, kind: str) -> tuple[int, str]:
    """Return the element of a page that listens to a kind of event, and the listener."""
    found = ELEMENTS.search(page)
    assert found is not None, "a page has no elements"
    for number, element in json.loads(found[1]).items():
        for event in element.get("events", []):
            if event["type"] == kind:
                return int(number), event["listener_id"]
    raise AssertionError(f"nothing listens to {kind}")


def send_file(client: Client, page: str) -> None:
    """Send some megabytes to where the page's element says."""
    found = re.search(r'"url":"(/_nicegui/client/[^"]+)"', page)
    assert found is not None, "the page has no upload"
    client.ask("POST", found[1], files={"file": ("one.bin", MEGABYTE * 3)}, step="an upload")
