"""A line-based TCP service: one command a line, one answer a line.

    api_hour -b 127.0.0.1:7000 -w 2 lines:Container

Idle clients are sent away, and clients of a worker that ends hear that they may connect again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import api_hour
from api_hour.container import Handler

IDLE_TIMEOUT_S = 60.0  # a client that says nothing for so long is sent away
TICK_S = 1.0


class Container(api_hour.Container):
    """Answers `reverse TEXT`, `worker`, `ticks` and `quit`."""

    def make_servers(self) -> Sequence[Handler]:
        """Serve lines on every address: a coroutine function is given a reader and a writer."""
        return [self.serve]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one client, from its first line to its last.

        When the worker ends, reading ends: what was read before is answered, and the client hears why.
        """
        commands: dict[bytes, Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]] = {
            b"reverse": self.reverse,
            b"worker": self.name_worker,
            b"ticks": self.tick,
        }
        try:
            while line := await asyncio.wait_for(reader.readline(), IDLE_TIMEOUT_S):
                name, _, text = line.strip().partition(b" ")
                if name == b"quit":
                    break
                await commands.get(name, self.refuse)(text, writer)
                await writer.drain()  # a client that does not read gets no more
            if self.retiring.is_set():
                writer.write(b"goodbye: please connect again\n")
        except TimeoutError:
            writer.write(b"goodbye: you are silent\n")
        except ValueError:  # what StreamReader raises for a line above its limit of 64 KiB
            writer.write(b"goodbye: a line is too long\n")
        writer.close()

    async def reverse(self, text: bytes, writer: asyncio.StreamWriter) -> None:
        """Answer with the text backwards."""
        writer.write(text[::-1] + b"\n")

    async def name_worker(self, _text: bytes, writer: asyncio.StreamWriter) -> None:
        """Answer with the worker's number."""
        writer.write(b"worker %d\n" % self.worker.worker_id)

    async def tick(self, _text: bytes, writer: asyncio.StreamWriter) -> None:
        """Answer without end: a long stream has to ask by itself whether the worker ends."""
        number = 0
        while not self.retiring.is_set() and not writer.is_closing():
            number += 1
            writer.write(b"tick %d\n" % number)
            await writer.drain()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.retiring.wait(), TICK_S)

    async def refuse(self, _text: bytes, writer: asyncio.StreamWriter) -> None:
        """Answer to what is no command."""
        writer.write(b"error: say reverse TEXT, worker, ticks or quit\n")
