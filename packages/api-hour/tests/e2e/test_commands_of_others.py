"""The commands with which uvicorn's and Gunicorn's READMEs and documentation serve: with the program's name replaced.

Facts from their pages; only ports are others, and what must be somewhere (`$(nproc)`, `/path/to`). Those that serve
something else than HTTP (uwsgi, HTTP/2, PasteDeploy) are not among them.
"""

import re
import shlex
import ssl
from pathlib import Path

import httpx
import pytest
from daemon_process import exchange, get
from issued import Issuer
from started_process import started

ASGI = """
async def app(scope, receive, send):
    assert scope["type"] == "http" or scope["type"] == "lifespan"
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"Hello, world!"})

def create_app():
    return app
"""
WSGI = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "13")])
    return iter([b"Hello, world!"])

application = app

def create_app():
    return app
"""
LOG_CONFIG = """
version: 1
disable_existing_loggers: False
formatters: {default: {format: "%(asctime)s - %(name)s - %(levelname)s - %(message)s"}}
handlers: {default: {class: logging.StreamHandler, formatter: default, stream: ext://sys.stderr}}
root: {level: INFO, handlers: [default]}
loggers: {api_hour: {level: INFO, handlers: [default], propagate: false}}
"""
FILES = {
    "example.py": ASGI,
    "main.py": ASGI,
    "asgi_app.py": ASGI,
    "app.py": WSGI,
    "myapp.py": WSGI,
    "test.py": WSGI,
    "myproject/wsgi.py": WSGI,
    "gunicorn_conf.py": "workers = 2\nworker_class = 'gthread'\nthreads = 2\nloglevel = 'info'\n",
    "log_config.yaml": LOG_CONFIG,
}
PROXY_HEADER = b"PROXY TCP4 192.0.2.1 192.0.2.2 1111 80\r\n"

OF_UVICORN = """
uvicorn example:app
uvicorn main:app
uvicorn --factory main:create_app
uvicorn main:app --workers 4
uvicorn main:app --reload --port 0
uvicorn main:app --host 0.0.0.0 --port 0
uvicorn main:app --port 0 --ssl-keyfile=./key.pem --ssl-certfile=./cert.pem
uvicorn main:app --lifespan off
uvicorn main:app --loop asyncio
uvicorn main:app --loop uvloop:new_event_loop
uvicorn main:app --log-config log_config.yaml
uvicorn main:app --uds uvicorn.sock
uvicorn main:app --uds uvicorn.sock --proxy-headers --forwarded-allow-ips='*'
"""
OF_GUNICORN = """
gunicorn myapp:app --workers 4
gunicorn myapp:app
gunicorn app:app --timeout 120
gunicorn -w 4 myapp:app
gunicorn myproject.wsgi
gunicorn --env DJANGO_SETTINGS_MODULE=myproject.settings myproject.wsgi
gunicorn --workers=2 'test:create_app()'
gunicorn -c gunicorn_conf.py app:app
gunicorn -w 3 --forwarded-allow-ips="10.170.3.217,10.170.3.220" test:app
gunicorn -b 127.0.0.1:0 -b [::1]:0 test:app
gunicorn app:app --workers 2 --max-requests 1000 --max-requests-jitter 100
gunicorn myapp:app -k gthread --workers 4 --threads 4
gunicorn myapp:app --worker-class gthread --threads 4 --certfile ./cert.pem --keyfile ./key.pem
gunicorn app:app --worker-class gevent
gunicorn myapp:app -k gevent --workers 4 --worker-connections 1000
gunicorn myapp:app -k tornado
gunicorn asgi_app:app --worker-class asgi
gunicorn asgi_app:app --worker-class asgi --asgi-loop uvloop
gunicorn asgi_app:app --worker-class asgi --asgi-lifespan on
gunicorn asgi_app:app --worker-class asgi --http-parser fast
gunicorn asgi_app:app --worker-class asgi --root-path /api
gunicorn asgi_app:app -k uvicorn.workers.UvicornWorker --workers 4
gunicorn main:app --worker-class asgi --bind 0.0.0.0:0
gunicorn -b 127.0.0.1:0 --proxy-protocol v2 --proxy-allow-from 127.0.0.1 app:app
gunicorn --proxy-protocol auto app:app
gunicorn --no-control-socket myapp:app
gunicorn --control-socket myapp.ctl -w 4 myapp:app
"""

COMMANDS = [line for line in (OF_UVICORN + OF_GUNICORN).splitlines() if line]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """What the commands serve, and the files that they name."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    files = Issuer(tmp_path).issue("localhost")
    Path(files.cert).rename(tmp_path / "cert.pem")
    assert files.key is not None
    Path(files.key).rename(tmp_path / "key.pem")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_serves(command: str, directory: Path) -> None:
    words = shlex.split(command)[1:]
    environment = {"API_HOUR_BIND": "127.0.0.1:0", "WEB_CONCURRENCY": "1"}  # for those that do not say it
    with started(["api_hour", *words], directory=directory, environment=environment) as daemon:
        address = daemon.wait_for(r"listening on (?:unix:(\S+)|[^\n]*?:(\d+))(?:, TLS|,| |\n)")[0]
        daemon.wait_for(r"worker 1 serves")
        assert ask(directory, address, is_tls="cert.pem" in command, says_proxy="--proxy-protocol" in words) == (
            200,
            "Hello, world!",
        )
        assert daemon.stop() == 0


def ask_as_proxy(port: int) -> tuple[int, str]:
    answer = exchange(("127.0.0.1", port), PROXY_HEADER + get("/"))
    return int(answer.split(b" ")[1]), answer.partition(b"\r\n\r\n")[2].decode()


def ask(directory: Path, address: re.Match[str], *, is_tls: bool, says_proxy: bool) -> tuple[int, str]:
    """Return status and body of the answer to a request."""
    if says_proxy:
        return ask_as_proxy(int(address[2]))
    context = ssl.create_default_context(cafile=str(directory / "ca.pem")) if is_tls else False
    transport = httpx.HTTPTransport(uds=str(directory / address[1]) if address[1] else None, verify=context)
    with httpx.Client(transport=transport) as client:
        answer = client.get(f"{'https' if is_tls else 'http'}://127.0.0.1:{address[2] or 80}/")
        return answer.status_code, answer.text
