"""Notes over HTTP: the parts of `api_hour.http` that a service needs.

    api_hour -b 127.0.0.1:8000 notes:Container

The notes are in the memory of the one worker.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec

import api_hour
from api_hour.http import (
    Gzip,
    HttpError,
    HttpServer,
    Request,
    Response,
    ResponseHandler,
    Router,
    ServerSentEvent,
    StaticFiles,
    Validators,
    conditional_response,
    event_stream,
    file_response,
    set_cookie,
    streams_body,
)
from api_hour.http.forms import read_form, stream_form
from api_hour.http.websocket_handler import WebSocket, websocket_handler


class Note(msgspec.Struct):
    """A note."""

    title: str
    text: str = ""


class UnknownNote(LookupError):
    """There is no note of this number."""


class Notes:
    """All notes, by number, and those who wait for the next one."""

    def __init__(self) -> None:
        self.by_number: dict[int, Note] = {}
        self.changed = asyncio.Event()

    def add(self, note: Note) -> int:
        """Keep a note and return its number."""
        number = len(self.by_number) + 1
        self.by_number[number] = note
        self.changed.set()
        self.changed = asyncio.Event()
        return number


def notes_of(request: Request) -> Notes:
    """Return the notes of the Container that answers a request."""
    notes: Notes = request.container.services["notes"]
    return notes


async def timed(request: Request, answer: ResponseHandler) -> Response:
    """Say how long the answer took."""
    begun_at_s = monotonic()
    response = await answer(request)
    duration_ms = (monotonic() - begun_at_s) * 1000
    response.headers = [*response.headers, ("Server-Timing", f"app;dur={duration_ms:.1f}")]
    return response


async def unknown_note(_request: Request, error: UnknownNote) -> Response:
    """Answer when there is no such note."""
    return Response.json({"error": f"there is no note {error}"}, status=404)


router = Router(middleware=[timed, Gzip()], error_handlers={UnknownNote: unknown_note})


@router.get("/notes")
async def list_notes(request: Request) -> list[dict[str, Any]]:
    """Return the notes whose title has what the query says."""
    text = request.query.get("title", "")
    return [{"number": n, "title": note.title} for n, note in notes_of(request).by_number.items() if text in note.title]


@router.get("/count")
def count_notes(request: Request) -> dict[str, int]:
    """Return how many notes there are."""
    return {"notes": len(notes_of(request).by_number)}


@router.get("/notes/{number:int}")
async def read_note(request: Request) -> Response:
    """Return one note, unless the client has it."""
    number = request.path_parameters["number"]
    note = notes_of(request).by_number.get(number)
    if note is None:
        raise UnknownNote(number)
    etag = f'"{number}"'  # a note does not change
    return conditional_response(request, Validators(etag=etag)) or Response.json(note, headers=[("ETag", etag)])


@router.post("/notes")
async def write_note(request: Request) -> Response:
    """Keep a note; a body that is none is answered with 400 or 422."""
    note = request.json(Note)
    if not note.title:
        raise HttpError(422, "a note needs a title")
    number = notes_of(request).add(note)
    return Response.json({"number": number}, status=201, headers=[("Location", f"/notes/{number}")])


@router.post("/form")
async def write_form(request: Request) -> Response:
    """Keep the note of a form, then send the browser to it."""
    form = await read_form(request)
    number = notes_of(request).add(Note(form.fields.get("title", "?"), form.fields.get("text", "")))
    cookie = set_cookie("last-note", str(number), max_age_s=3600)
    return Response.redirect(f"/notes/{number}", headers=[cookie])


@router.get("/last")
async def last_note(request: Request) -> dict[str, str | None]:
    """Say which note this browser wrote last."""
    return {"number": request.cookies.get("last-note")}


@router.post("/sizes")
@streams_body
async def measure_files(request: Request) -> dict[str, int]:
    """Measure the files of a form without keeping them."""
    sizes: dict[str, int] = {}
    async for piece in stream_form(request):
        sizes[piece.name] = sizes.get(piece.name, 0) + len(piece.data)
    return sizes


@router.get("/export")
async def export(request: Request) -> Response:
    """Return all titles, line by line, as they are read."""

    async def lines() -> AsyncIterator[bytes]:
        for note in notes_of(request).by_number.values():
            yield f"{note.title}\n".encode()

    return Response(lines(), content_type="text/plain; charset=utf-8")


@router.get("/events")
async def events(request: Request) -> Response:
    """Send every new note to who listens, and to who comes back those that were missed."""
    last_id = request.headers.get("last-event-id", "")
    seen = int(last_id) if last_id.isdecimal() else 0

    async def new_notes() -> AsyncIterator[ServerSentEvent]:
        notes, number = notes_of(request), seen
        while True:
            while (note := notes.by_number.get(number + 1)) is None:
                await notes.changed.wait()
            number += 1
            yield ServerSentEvent(data=note.title, event="note", id=str(number))

    return event_stream(request, new_notes())


@router.get("/dictation")
@websocket_handler
async def dictate(request: Request, websocket: WebSocket) -> None:
    """Keep each message as a note, and say its number."""
    websocket.accept()
    while True:  # until the client closes
        number = notes_of(request).add(Note(str(await websocket.receive())))
        await websocket.send(str(number))


@router.get("/source")
async def source(request: Request) -> Response:
    """Return this file."""
    return await file_response(request, __file__, content_type="text/plain; charset=utf-8")


router.add("GET", "/static/{path:path}", StaticFiles(Path(__file__).parent, headers=[("Cache-Control", "no-cache")]))


class Container(api_hour.Container):
    """Notes, served over HTTP."""

    async def start(self) -> None:
        """Make the service."""
        await super().start()
        self.services["notes"] = Notes()

    def make_servers(self) -> list[Any]:
        """Serve HTTP on every address."""
        return [HttpServer(router, container=self)]
