"""A client that reads slowly is not taken for one that does not read."""

import asyncio
from typing import cast

from accepting import accepting, client_of
from event_loops import POLL_S, let_run, on_each_loop, until
from http_connection import connected
from listening_sockets import listening

from api_hour.http import HttpServer, Request, Response, Router
from api_hour.http.message.limits import Limits
from api_hour.http.transport.unsent import count_unsent_bytes

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
BODY_BYTES = 20_000_000
LIMITS = Limits(write_timeout_s=60, min_bytes_per_s=1000)


def server_of(body: bytes) -> HttpServer:
    async def whole(_request: Request) -> Response:
        return Response(body)

    router = Router()
    router.add("GET", "/", whole)
    return HttpServer(router, limits=LIMITS)


@on_each_loop
async def test_what_the_kernel_holds_is_unsent_too() -> None:
    async with connected(server_of(b"x" * 50_000)) as connection:
        connection.writer.transport.pause_reading()  # type: ignore[attr-defined]
        connection.send(GET)
        await until(lambda: count_unsent_bytes(connection.transport) > 50_000)
        assert connection.transport.get_write_buffer_size() == 0
        connection.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await connection.answer()
        assert count_unsent_bytes(connection.transport) == 0


@on_each_loop
async def test_what_a_client_reads_counts_though_the_kernel_takes_nothing_more() -> None:
    server = server_of(b"x" * BODY_BYTES)
    with listening() as [listener], accepting(listener, server):
        async with client_of(listener) as (reader, writer):
            client = cast("asyncio.Transport", writer.transport)
            client.pause_reading()
            writer.write(GET)
            await until(lambda: [one for one in server.connections if not one.exchange.can_write])
            [connection] = server.connections
            now_s = server.now_s
            for _ in range(3):
                await let_run()
                enough_bytes = count_unsent_bytes(connection.writer.transport) - 60_000
                client.resume_reading()
                await reader.readexactly(200_000)
                client.pause_reading()
                while count_unsent_bytes(connection.writer.transport) >= enough_bytes:  # noqa: ASYNC110  # it has no event
                    await asyncio.sleep(POLL_S)
                now_s += 61
                connection.check_deadline(now_s)
                assert not connection.writer.is_lost

            await until(lambda: not connection.writer.can_write)
            await let_run()
            connection.check_deadline(now_s + 10**6)
            assert connection.writer.is_lost
            writer.transport.abort()
            await asyncio.sleep(0)
