"""The service in socketify, on uWebSockets and its own loop: `python on_socketify.py PORT [coroutine]`.

With `coroutine` the handler of `/index` is one, as that of `/agents` must be; else it is a plain function.
"""

import sys
from typing import Any

import orjson
from agents import HELLO, Agents
from socketify import App, AppListenOptions

service = Agents()


def json_response(response: Any, body: bytes) -> None:
    response.write_header(b"Content-Type", b"application/json")
    response.end(body)


def index(response: Any, _request: Any) -> None:
    json_response(response, orjson.dumps(HELLO))


async def index_coroutine(response: Any, request: Any) -> None:
    response.cork(lambda corked: index(corked, request))


INDEX = {"plain": index, "coroutine": index_coroutine}


async def agents(response: Any, _request: Any) -> None:
    body = await service.list_all()
    response.cork(lambda corked: json_response(corked, body))


def main(port: int, kind: str = "plain") -> None:
    """Serve until SIGTERM."""
    application = App()
    application.on_start(service.open)
    application.on_shutdown(service.close)
    application.get("/index", INDEX[kind])
    application.get("/agents", agents)
    application.listen(AppListenOptions(port=port, host="127.0.0.1"))
    application.run()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
