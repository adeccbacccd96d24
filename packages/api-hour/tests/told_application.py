"""Applications that tell what happens to them, for servers that a program starts."""

import asyncio
from typing import Any

import api_hour
from api_hour.http import HttpServer, Request, Router


class ToldApplication:
    """An ASGI application with a lifespan, a diary, a slow answer and a WebSocket.

    Args:
        raises_in: "startup" or "shutdown", which then fails.
    """

    def __init__(self, raises_in: str = "") -> None:
        self.diary: list[str] = []
        self.raises_in = raises_in
        self.begun = asyncio.Event()
        self.may_go = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        answer = {"lifespan": self.live, "http": self.answer, "websocket": self.talk}[scope["type"]]
        await answer(scope, receive, send)

    async def live(self, _scope: Any, receive: Any, send: Any) -> None:
        for event in ("startup", "shutdown"):
            await receive()
            self.diary.append(event)
            if event == self.raises_in:
                raise ValueError(f"{event} is broken")
            await send({"type": f"lifespan.{event}.complete"})

    async def answer(self, scope: Any, _receive: Any, send: Any) -> None:
        if scope["path"] == "/wait":
            self.begun.set()
            await self.may_go.wait()
        self.diary.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"hello"})

    async def talk(self, _scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"].upper()})
        self.diary.append("talked")


class ToldContainer(api_hour.Container):
    """A Container with one route that says what it was made with, and a diary that all of them share."""

    diary: tuple[str, ...] = ()

    def make_servers(self) -> Any:
        router = Router()
        router.add("GET", "/", self.hello)
        return [HttpServer(router, container=self)]

    async def hello(self, _request: Request) -> Any:
        return {"config": self.config, "worker_id": self.worker.worker_id, "workers": self.worker.workers}

    async def pre_start(self) -> None:
        self.note("pre_start")

    async def start(self) -> None:
        self.note("start")

    async def shutdown(self) -> None:
        self.note("shutdown")

    async def cleanup(self) -> None:
        self.note("cleanup")

    def note(self, what: str) -> None:
        self.diary = (*self.diary, what)
