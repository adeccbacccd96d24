"""FastAPI: uploads and downloads, server-sent events, background tasks, WebSockets, sessions, static files."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Query, Request, UploadFile, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse

UPLOADS = Path("uploads")


class Order(BaseModel):
    """What is ordered."""

    name: str = Field(min_length=2)
    number: int = 1


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, str]]:
    """Make what the application needs, and give requests a state."""
    UPLOADS.mkdir(exist_ok=True)
    yield {"greeting": "hello"}


app = FastAPI(title="Files", lifespan=lifespan)
app.add_middleware(GZipMiddleware, minimum_size=1000)
app.add_middleware(CORSMiddleware, allow_origins=["http://other.example"], allow_methods=["*"])
app.mount("/static", StaticFiles(directory="static"), name="static")


@app.middleware("http")
async def add_field(request: Request, call_next):
    """Add a field to every answer."""
    response = await call_next(request)
    response.headers["X-Path"] = request.url.path
    return response


@app.get("/")
async def index(request: Request) -> dict[str, str]:
    """Say what the lifespan has made, and how the server names itself."""
    return {"greeting": request.state.greeting, "scheme": request.url.scheme, "client": request.client.host}


@app.get("/scope")
async def scope(request: Request) -> dict[str, object]:
    """Show what the server has made of the request."""
    shown = ("type", "http_version", "method", "scheme", "path", "root_path", "server")
    texts = {name: request.scope[name].decode("latin-1") for name in ("raw_path", "query_string")}
    headers = [[name.decode(), value.decode("latin-1")] for name, value in request.scope["headers"]]
    return {name: request.scope[name] for name in shown} | texts | {"headers": headers}


@app.post("/orders", status_code=201)
async def order(order: Order) -> Order:
    """Take a valid order."""
    return order


@app.get("/search")
async def search(words: Annotated[list[str], Query()], limit: int = 10) -> dict[str, object]:
    """Return the query, parsed."""
    return {"words": words, "limit": limit}


@app.get("/secret")
def secret(credentials: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]) -> str:
    """Let one user in; a plain function, in a thread."""
    if credentials.password != "let me in":
        raise HTTPException(403, "no")
    return credentials.username


@app.post("/files")
async def upload(files: list[UploadFile]) -> list[dict[str, object]]:
    """Keep files."""
    kept = []
    for file in files:
        data = await file.read()
        (UPLOADS / file.filename).write_bytes(data)
        os.utime(UPLOADS / file.filename, (0, 0))  # its ETag is the same whenever it came
        kept.append({"name": file.filename, "bytes": len(data), "type": file.content_type})
    return kept


@app.put("/digest")
async def digest(request: Request) -> dict[str, object]:
    """Return the digest of a body that is read as it comes."""
    found, length = hashlib.sha256(), 0
    async for part in request.stream():
        found.update(part)
        length += len(part)
    return {"bytes": length, "sha256": found.hexdigest()}


@app.api_route("/files/{name}", methods=["GET", "HEAD"])
async def download(name: str) -> FileResponse:
    """Return a file, or a range of it."""
    return FileResponse(UPLOADS / name, filename=name)


@app.get("/lines/{count}")
async def lines(count: int) -> StreamingResponse:
    """Send lines, one after the other."""

    async def parts() -> AsyncIterator[str]:
        for number in range(count):
            yield f"line {number} " + "x" * 100 + "\n"
            await asyncio.sleep(0.02)

    return StreamingResponse(parts(), media_type="text/plain")


@app.get("/plain-lines")
def plain_lines() -> StreamingResponse:
    """Send lines from a plain generator."""
    return StreamingResponse((f"line {number}\n" for number in range(50)), media_type="text/plain")


@app.get("/events")
async def events(request: Request) -> EventSourceResponse:
    """Send events."""

    async def parts() -> AsyncIterator[dict[str, object]]:
        for number in range(int(request.headers.get("last-event-id", 0)), 5):
            yield {"event": "tick", "id": str(number), "data": f"tick {number}"}
            await asyncio.sleep(0.02)

    return EventSourceResponse(parts())


@app.post("/jobs/{name}", status_code=202)
async def job(name: str, tasks: BackgroundTasks) -> dict[str, str]:
    """Do something after the answer: once on the loop, once in a thread."""
    tasks.add_task(later, name)
    tasks.add_task((UPLOADS / f"{name}.thread").write_text, "done in a thread")
    return {"job": name}


async def later(name: str) -> None:
    """Take a while, and leave a file."""
    await asyncio.sleep(0.2)
    (UPLOADS / f"{name}.loop").write_text("done on the loop")


@app.get("/jobs/{name}")
async def job_state(name: str) -> dict[str, bool]:
    """Say what of a job is done."""
    return {place: (UPLOADS / f"{name}.{place}").exists() for place in ("loop", "thread")}


@app.get("/nothing", status_code=204)
async def nothing() -> None:
    """Return no content."""


@app.get("/elsewhere")
async def elsewhere() -> RedirectResponse:
    """Redirect."""
    return RedirectResponse("/search?words=here")


@app.get("/cookies")
async def cookies(request: Request) -> JSONResponse:
    """Return the cookies, and set two."""
    response = JSONResponse(request.cookies)
    response.set_cookie("first", "1", httponly=True, max_age=60)
    response.set_cookie("second", "2", path="/elsewhere", samesite="strict")
    return response


@app.get("/long")
async def long() -> PlainTextResponse:
    """Return what is worth compressing."""
    return PlainTextResponse("all work and no play " * 1000)


@app.get("/teapot")
async def teapot() -> Response:
    """Return an unusual status."""
    return Response("short and stout", status_code=418, headers={"X-Twice": "one"})


@app.get("/crash")
async def crash() -> None:
    """Fail."""
    raise RuntimeError("this is meant to fail")


@app.websocket("/talk")
async def talk(websocket: WebSocket) -> None:
    """Send back what comes, until the client says goodbye."""
    protocols = websocket.scope["subprotocols"]
    await websocket.accept(subprotocol=protocols[0] if protocols else None, headers=[(b"x-talk", b"yes")])
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("bytes") is not None:
            await websocket.send_bytes(message["bytes"][::-1])
        elif message["text"] == "goodbye":
            await websocket.close(4001, "goodbye")
            return
        else:
            await websocket.send_text(message["text"].upper())


@app.websocket("/closed")
async def closed(websocket: WebSocket) -> None:
    """Refuse."""
    await websocket.close()
