"""A suite of systems of a few lines each: fine, absent, silent, mortal."""

from pathlib import Path

SERVER = '''\
"""Answers each request; in the way that its second argument says."""

import os, signal, socket, subprocess, sys, threading, time

where, manner = sys.argv[1], sys.argv[2]
requests = 0


def serve(connection):
    global requests
    with connection:
        while connection.recv(65536):
            requests += 1
            if manner == "mortal" and requests > 30:
                print("out of memory", flush=True)
                os._exit(9)
            body = b"other" if manner == "other" else b"hello"
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\n" + body)
            if manner == "counting" and requests == 30:
                print("thirty requests", flush=True)
            if manner == "twice" and requests == 2:  # as often as it is asked before the load
                print("twice is enough", flush=True)
                os._exit(8)


if manner == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
if manner == "silent":
    print("loading", flush=True)
    time.sleep(1000)
listener = socket.socket(socket.AF_INET if where.isdigit() else socket.AF_UNIX)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(where)) if where.isdigit() else where)
listener.listen(128)
print("serving", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
'''

HEAD = """\
name = "small"
title = "Small systems"

[[requests]]
path = "/agents"

[load]
rate = 100
connections = 4
processes = 1
duration = "1s"
warmup = "0"
"""

DATABASE = """
[database]
load = ["schema.sql"]
"""


def system(name: str, manner: str, port: int, more: str = "") -> str:
    """Return the table of a system that answers in a manner of `SERVER`."""
    where = "{socket}" if "front" in more else "{port}"
    return f"""
[[systems]]
name = "{name}"
title = "{name}"
command = "python -I -S server.py {where} {manner}"
port = {port}
grace = "300ms"
{more}
"""


def absent(name: str) -> str:
    """Return the table of a system that cannot run on this machine."""
    requires = """requires = [{ command = "sh -c 'echo no compiler; exit 1'", hint = "Install one." }]"""
    return system(name, "fine", 8000, requires)


def write_suite(directory: Path, *tables: str) -> Path:
    """Write a suite with all it needs, and return its path."""
    (directory / "server.py").write_text(SERVER)
    (directory / "schema.sql").write_text("CREATE TABLE agents (name text);")
    path = directory / "suite.toml"
    top = [table for table in tables if "[" not in table.partition("=")[0]]  # keys of the suite itself come first
    path.write_text("".join([*top, HEAD, *(table for table in tables if table not in top)]))
    return path
