"""The engine that the documentation shows, taken from there."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from event_loops import on_each_loop, until

from api_hour.engines import EngineUnavailable, Patience

PAGE = Path(__file__).parents[4] / "docs" / "api-hour" / "engines.md"


def documented(name: str) -> Any:
    """Run the example that defines a name, and return what it defines."""
    [code] = [
        block for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if f"class {name}(" in block
    ]
    namespace: dict[str, Any] = {}
    exec(code, namespace)  # noqa: S102  # it is the project's own
    return namespace[name]


class ClockServer:
    """Tells the time until it is stopped."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []

    async def tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        async for _ in reader:
            writer.write(b"12:00\n")
        writer.close()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
        self.server = await asyncio.start_server(self.tell, host, port)
        address: tuple[str, int] = self.server.sockets[0].getsockname()
        return address

    def stop(self) -> None:
        self.server.close()
        for writer in self.writers:
            writer.close()


@on_each_loop
async def test_the_clock_is_asked_lost_and_found_again() -> None:
    server = ClockServer()
    address = await server.start()
    clock = documented("Clock")(*address, name="clock", patience=Patience(borrow_s=0.1))
    await clock.connect()
    try:
        assert await clock.now() == "12:00"
        server.stop()
        with pytest.raises(EngineUnavailable) as caught:
            await clock.now()
        assert str(caught.value).startswith("engine 'clock' is unavailable: ")
        await server.start(*address)
        await until(lambda: clock.status.state == "up")
        assert await clock.now() == "12:00"
    finally:
        await clock.close()
        server.stop()
