"""Quart: templates, sessions, flashes, uploads, streams, background tasks, WebSockets."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from quart import (
    Quart,
    Response,
    flash,
    get_flashed_messages,
    jsonify,
    make_push_promise,
    redirect,
    render_template_string,
    request,
    send_file,
    session,
    stream_with_context,
    url_for,
    websocket,
)  # fmt: skip

UPLOADS = Path("uploads")
PAGE = "<h1>{{ title }}</h1>{% for message in messages %}<p>{{ message }}</p>{% endfor %}"

app = Quart(__name__)
app.secret_key = "for this program only"
app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024


@app.before_serving
async def start() -> None:
    """Make what the application needs."""
    UPLOADS.mkdir(exist_ok=True)


@app.while_serving
async def lifespan() -> AsyncIterator[None]:
    """Know when it began, and when it ended."""
    app.begun = True
    yield
    Path("ended").write_text("yes")


@app.get("/")
async def index() -> str:
    """Show what was said."""
    return await render_template_string(PAGE, title="The board", messages=get_flashed_messages())


@app.post("/messages")
async def say() -> Response:
    """Take a message from a form."""
    form = await request.form
    await flash(form["text"])
    session["messages"] = session.get("messages", 0) + 1
    return redirect(url_for("index"))


@app.get("/count")
async def count() -> dict[str, int]:
    """Say how much this client has said."""
    return {"messages": session.get("messages", 0)}


@app.post("/files")
async def upload() -> Response:
    """Keep files."""
    kept = []
    for file in (await request.files).getlist("files"):
        await file.save(UPLOADS / file.filename)
        os.utime(UPLOADS / file.filename, (0, 0))  # its ETag is the same whenever it came
        kept.append({"name": file.filename, "bytes": (UPLOADS / file.filename).stat().st_size})
    return jsonify(kept)


@app.put("/digest")
async def digest() -> dict[str, object]:
    """Return the digest of a body that is read as it comes."""
    found, length = hashlib.sha256(), 0
    async for part in request.body:
        found.update(part)
        length += len(part)
    return {"bytes": length, "sha256": found.hexdigest()}


@app.get("/files/<name>")
async def download(name: str) -> Response:
    """Return a file, or a range of it."""
    return await send_file(UPLOADS / name, conditional=True)


@app.get("/lines/<int:number>")
async def lines(number: int) -> Response:
    """Send lines, one after the other."""

    @stream_with_context
    async def parts() -> AsyncIterator[bytes]:
        for each in range(number):
            yield f"line {each} of {request.path}\n".encode()
            await asyncio.sleep(0.02)

    return Response(parts(), mimetype="text/plain")


@app.get("/events")
async def events() -> Response:
    """Send events."""

    async def parts() -> AsyncIterator[bytes]:
        for number in range(5):
            yield f"event: tick\nid: {number}\ndata: tick {number}\n\n".encode()
            await asyncio.sleep(0.02)

    return Response(parts(), mimetype="text/event-stream", headers={"Cache-Control": "no-cache"})


@app.post("/jobs/<name>")
async def job(name: str) -> tuple[dict[str, str], int]:
    """Do something after the answer."""
    app.add_background_task(later, name)
    return {"job": name}, 202


async def later(name: str) -> None:
    """Take a while, and leave a file."""
    await asyncio.sleep(0.2)
    (UPLOADS / name).write_text("done")


@app.get("/jobs/<name>")
async def job_state(name: str) -> dict[str, bool]:
    """Say whether a job is done."""
    return {"done": (UPLOADS / name).exists()}


@app.get("/thread")
def thread() -> str:
    """Answer from a thread."""
    return f"{request.method} {request.path}"


@app.get("/nothing")
async def nothing() -> tuple[str, int]:
    """Return no content."""
    return "", 204


@app.get("/push")
async def push() -> str:
    """Promise what HTTP/1.1 cannot push."""
    await make_push_promise(url_for("nothing"))
    return "pushed"


@app.get("/crash")
async def crash() -> None:
    """Fail."""
    raise RuntimeError("this is meant to fail")


@app.websocket("/talk")
async def talk() -> None:
    """Send back what comes, until the client says goodbye."""
    await websocket.accept(headers={"x-talk": "yes"})
    while True:
        message = await websocket.receive()
        if isinstance(message, bytes):
            await websocket.send(message[::-1])
        elif message == "goodbye":
            await websocket.close(4001, "goodbye")
            return
        else:
            await websocket.send(message.upper())
