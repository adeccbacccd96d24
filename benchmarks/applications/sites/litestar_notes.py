"""Litestar: typed bodies, dependencies, uploads, streams, server-sent events, background tasks, WebSockets."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from litestar import Litestar, MediaType, Request, Response, WebSocket, delete, get, post, put, websocket
from litestar.background_tasks import BackgroundTask
from litestar.config.compression import CompressionConfig
from litestar.datastructures import Cookie, ResponseHeader, UploadFile
from litestar.di import Provide
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body, Parameter
from litestar.response import File, Redirect, ServerSentEvent, Stream
from litestar.static_files import create_static_files_router

UPLOADS = Path("uploads")


@dataclass
class Note:
    """What is noted."""

    title: str
    text: str
    stars: int = 0


async def start() -> None:
    """Make what the application needs."""
    UPLOADS.mkdir(exist_ok=True)


async def page(size: Annotated[int, Parameter(query="size", ge=1, le=50)] = 10) -> dict[str, int]:
    """Return the size that was asked for."""
    return {"size": size}


@get("/", sync_to_thread=False)
def index(request: Request) -> dict[str, object]:
    """Say hello."""
    return {"hello": "world", "client": request.client.host, "url": str(request.url)}


@post("/notes")
async def add(data: Note) -> Note:
    """Return a valid note."""
    return data


@get("/notes", dependencies={"page": Provide(page)}, cache=60)
async def notes(page: dict[str, int]) -> dict[str, int]:
    """Return a page, which is cached."""
    return page


@get("/notes/{number:int}", response_headers=[ResponseHeader(name="X-Note", value="yes")])
async def note(number: int) -> Note:
    """Return a note, or none."""
    if number > 9:
        raise NotFoundException(f"there is no note {number}")
    return Note(title=f"number {number}", text="ü", stars=number)


@delete("/notes/{number:int}")
async def remove(number: int) -> None:
    """Return no content."""


@post("/files")
async def upload(
    data: Annotated[list[UploadFile], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> list[dict[str, object]]:
    """Keep files."""
    kept = []
    for file in data:
        content = await file.read()
        (UPLOADS / file.filename).write_bytes(content)
        os.utime(UPLOADS / file.filename, (0, 0))  # its ETag is the same whenever it came
        kept.append({"name": file.filename, "bytes": len(content), "type": file.content_type})
    return kept


@put("/count")
async def count(request: Request) -> dict[str, int]:
    """Count the bytes of a body as they come."""
    return {"bytes": sum([len(part) async for part in request.stream()])}


@get("/files/{name:str}")
async def download(name: str) -> File:
    """Return a file."""
    return File(UPLOADS / name, filename=name)


@get("/lines/{number:int}")
async def lines(number: int) -> Stream:
    """Send lines, one after the other."""

    async def parts() -> AsyncIterator[bytes]:
        for each in range(number):
            yield f"line {each}\n".encode()
            await asyncio.sleep(0.02)

    return Stream(parts(), media_type=MediaType.TEXT)


@get("/events")
async def events() -> ServerSentEvent:
    """Send events."""

    async def parts() -> AsyncIterator[dict[str, object]]:
        for number in range(5):
            yield {"event": "tick", "id": number, "data": f"tick {number}"}
            await asyncio.sleep(0.02)

    return ServerSentEvent(parts())


@post("/jobs/{name:str}", status_code=202)
async def job(name: str) -> Response[dict[str, str]]:
    """Do something after the answer."""
    return Response({"job": name}, background=BackgroundTask(later, name))


async def later(name: str) -> None:
    """Take a while, and leave a file."""
    await asyncio.sleep(0.2)
    (UPLOADS / name).write_text("done")


@get("/jobs/{name:str}")
async def job_state(name: str) -> dict[str, bool]:
    """Say whether a job is done."""
    return {"done": (UPLOADS / name).exists()}


@get("/elsewhere", response_cookies=[Cookie(key="seen", value="yes", httponly=True)])
async def elsewhere() -> Redirect:
    """Redirect."""
    return Redirect("/notes/3")


@get("/long", media_type=MediaType.TEXT)
async def long() -> str:
    """Return what is worth compressing."""
    return "all work and no play " * 1000


@websocket("/talk")
async def talk(socket: WebSocket) -> None:
    """Send back what comes, until the client says goodbye."""
    await socket.accept(headers={"x-talk": "yes"})
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("bytes"):
            await socket.send_bytes(message["bytes"][::-1])
        elif message["text"] == "goodbye":
            await socket.close(4001, "goodbye")
            return
        else:
            await socket.send_text(message["text"].upper())


app = Litestar(
    [
        index, add, notes, note, remove, upload, count, download, lines, events, job, job_state, elsewhere, long, talk,
        create_static_files_router("/static", directories=["static"]),
    ],
    on_startup=[start],
    compression_config=CompressionConfig(backend="gzip", minimum_size=1000, exclude="/static"),
    request_max_body_size=None,
)  # fmt: skip
