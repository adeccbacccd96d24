"""A Flask application."""

from collections.abc import Iterator
from pathlib import Path

from flask import Flask, Response, jsonify, request, send_file, session
from flask.typing import ResponseReturnValue

application = Flask(__name__)
application.secret_key = "not a secret"  # noqa: S105  # of a test


@application.get("/hello")
def hello() -> ResponseReturnValue:
    return jsonify({"path": request.path, "query": request.args.to_dict()})


@application.post("/upload")
def upload() -> ResponseReturnValue:
    if request.files:
        return {"size": len(request.files["file"].read())}
    return {"size": len(request.get_data())}


@application.get("/count")
def count() -> ResponseReturnValue:
    session["count"] = session.get("count", 0) + 1
    return {"count": session["count"]}


@application.get("/stream")
def stream() -> ResponseReturnValue:
    def pieces() -> Iterator[bytes]:
        for number in range(5):
            yield f"piece {number}\n".encode()

    return Response(pieces(), mimetype="text/plain")


@application.get("/file")
def file() -> ResponseReturnValue:
    return send_file(Path(request.args["path"]), conditional=True)


@application.get("/nothing")
def nothing() -> ResponseReturnValue:
    return "", 204


@application.get("/boom")
def boom() -> ResponseReturnValue:
    raise ZeroDivisionError("on purpose")
