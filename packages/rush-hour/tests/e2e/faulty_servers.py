"""Servers of one's own, each with a fault, and an application that is not the same on all of them."""

from pathlib import Path

SLEEP_S = 1.5
LEAK_BYTES = 20_000
APPLICATION = f"""\
import os, sys, time

SERVER = os.path.basename(sys.argv[0])
with open("imports", "a") as imports:
    imports.write(SERVER + "\\n")
if SERVER == "crashing.py":
    raise RuntimeError("not with this server")
if SERVER == "slow.py":
    time.sleep({SLEEP_S})

kept = []

def app(environ, start_response):
    if SERVER == "leaking.py":
        kept.append(b"x" * {LEAK_BYTES} + str(len(kept)).encode())
    body = b"another" if SERVER == "different.py" else b"hello"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""
SERVER = """\
import signal, sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

class Handler(WSGIRequestHandler):
    def log_message(self, *args): pass

sys.path.insert(0, "")
from app import app
if sys.argv[0].endswith("stubborn.py"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
make_server("127.0.0.1", int(sys.argv[1]), app, Server, Handler).serve_forever()
"""
CATALOGUE = """\
[[servers]]
name = "{name}"
title = "{title}"
packages = ["pip"]
[servers.commands]
wsgi = "{{python}} {name}.py {{port}} {{target}}"
"""
NAMES = ("crashing", "different", "slow", "stubborn", "plain")


def make_servers(directory: Path, *names: str) -> Path:
    """Write an application, servers of one's own, and their catalogue."""
    (directory / "app.py").write_text(APPLICATION)
    tables: list[str] = []
    for name in names:
        (directory / f"{name}.py").write_text(SERVER)
        tables.append(CATALOGUE.format(name=name, title=name.capitalize()))
    catalogue = directory / "servers.toml"
    catalogue.write_text("\n".join(tables))
    return catalogue
