"""Flask: sessions, flashes, templates, blueprints, uploads, downloads, streams, hooks after the answer."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    flash,
    get_flashed_messages,
    jsonify,
    make_response,
    redirect,
    render_template_string,
    request,
    send_file,
    session,
    stream_with_context,
    url_for,
)  # fmt: skip

UPLOADS = Path("uploads").resolve()
PAGE = "<h1>{{ title }}</h1>{% for message in messages %}<p>{{ message }}</p>{% endfor %}"

app = Flask(__name__)
app.secret_key = "for this program only"
app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024
pages = Blueprint("pages", __name__, url_prefix="/pages")
UPLOADS.mkdir(exist_ok=True)


@app.get("/")
def index() -> str:
    """Show what was said."""
    return render_template_string(PAGE, title="The diary", messages=get_flashed_messages())


@app.get("/environ")
def environ() -> dict[str, object]:
    """Show what the server has made of the request."""
    names = (
        "REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_NAME",
        "SERVER_PORT", "SERVER_PROTOCOL", "REMOTE_ADDR", "wsgi.url_scheme", "wsgi.version", "wsgi.run_once",
        "RAW_URI", "wsgi.input_terminated",
    )  # fmt: skip
    shown = {name: request.environ.get(name) for name in names}
    fields = {name: value for name, value in sorted(request.environ.items()) if name.startswith("HTTP_")}
    return shown | fields | {"url": request.url}


@app.post("/messages")
def say() -> Response:
    """Take a message from a form."""
    flash(request.form["text"])
    session["messages"] = session.get("messages", 0) + 1
    return redirect(url_for("index"))


@app.get("/count")
def count() -> dict[str, int]:
    """Say how much this client has said."""
    return {"messages": session.get("messages", 0)}


@app.post("/files")
def upload() -> Response:
    """Keep files."""
    kept = []
    for file in request.files.getlist("files"):
        file.save(UPLOADS / file.filename)
        os.utime(UPLOADS / file.filename, (0, 0))  # its ETag is the same whenever it came
        kept.append({"name": file.filename, "bytes": (UPLOADS / file.filename).stat().st_size})
    return jsonify(kept)


@app.put("/digest")
def digest() -> dict[str, object]:
    """Return the digest of a body that is read in parts."""
    found, length = hashlib.sha256(), 0
    while part := request.stream.read(65536):
        found.update(part)
        length += len(part)
    return {"bytes": length, "sha256": found.hexdigest()}


@app.get("/files/<name>")
def download(name: str) -> Response:
    """Return a file, or a range of it."""
    return send_file(UPLOADS / name, conditional=True)


@app.get("/lines/<int:number>")
def lines(number: int) -> Response:
    """Send lines, one after the other."""

    @stream_with_context
    def parts() -> Iterator[str]:
        for each in range(number):
            yield f"line {each} of {request.path}\n"
            time.sleep(0.02)

    return Response(parts(), mimetype="text/plain")


@app.get("/events")
def events() -> Response:
    """Send events."""

    def parts() -> Iterator[str]:
        for number in range(5):
            yield f"event: tick\nid: {number}\ndata: tick {number}\n\n"
            time.sleep(0.02)

    return Response(parts(), mimetype="text/event-stream", headers={"Cache-Control": "no-cache"})


@app.post("/jobs/<name>")
def job(name: str) -> Response:
    """Do something after the answer."""
    response = make_response({"job": name}, 202)
    response.call_on_close(lambda: (UPLOADS / name).write_text("done"))
    return response


@app.get("/jobs/<name>")
def job_state(name: str) -> dict[str, bool]:
    """Say whether a job is done."""
    return {"done": (UPLOADS / name).exists()}


@app.get("/waits")
async def waits() -> dict[str, str]:
    """Answer from a coroutine."""
    return {"path": request.path}


@app.get("/nothing")
def nothing() -> tuple[str, int]:
    """Return no content."""
    return "", 204


@app.get("/teapot")
def teapot() -> tuple[str, str, list[tuple[str, str]]]:
    """Return a status with words of its own, and a field twice."""
    return "short and stout", "418 Short And Stout", [("X-Twice", "one"), ("X-Twice", "two")]


@app.get("/forbidden")
def forbidden() -> None:
    """Refuse."""
    abort(403)


@app.get("/crash")
def crash() -> None:
    """Fail."""
    raise RuntimeError("this is meant to fail")


@pages.get("/<path:name>")
def page(name: str) -> Response:
    """Return a page that can be asked for again with its ETag."""
    response = make_response(f"<p>{name}</p>")
    response.add_etag()
    return response.make_conditional(request)


app.register_blueprint(pages)
