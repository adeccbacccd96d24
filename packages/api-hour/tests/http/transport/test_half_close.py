"""A client that has closed its end and is gone is found out as soon as it can be."""

import asyncio
import socket

from accepting import accepting, client_of
from event_loops import let_run, on_each_loop, until
from listening_sockets import listening

from api_hour.http import HttpServer, Request, Router
from api_hour.http.transport.half_close import PROBE_INTERVAL_S, is_gone

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def server_of(may_answer: asyncio.Event) -> HttpServer:
    async def handler(_request: Request) -> str:
        await may_answer.wait()
        return "answer"

    router = Router()
    router.add("GET", "/", handler)
    return HttpServer(router)


@on_each_loop
async def test_a_tcp_client_that_may_be_gone_is_probed_and_cut_when_it_is() -> None:
    may_answer = asyncio.Event()
    server = server_of(may_answer)
    with listening() as [listener], accepting(listener, server):
        async with client_of(listener) as (_, writer):
            writer.write(GET + b"GET")
            writer.write_eof()
            await until(lambda: [one for one in server.connections if one.exchange.is_client_gone])
            [connection] = server.connections
            kernel = connection.writer.transport.get_extra_info("socket")
            assert kernel.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == PROBE_INTERVAL_S
            connection.check_deadline(server.now_s)
            assert not connection.writer.is_lost

            now = b"\1\0\0\0\0\0\0\0"
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
            writer.transport.abort()  # as a probe would find out
            await until(lambda: connection.writer.is_lost or is_gone(connection.writer.transport))
            connection.check_deadline(server.now_s)
            await until(lambda: not server.connections)
        assert server.works
        may_answer.set()
        await until(lambda: not server.works)
        await let_run()


@on_each_loop
async def test_a_tcp_client_that_has_only_sent_all_gets_its_answer() -> None:
    may_answer = asyncio.Event()
    server = server_of(may_answer)
    with listening() as [listener], accepting(listener, server):
        async with client_of(listener) as (reader, writer):
            writer.write(GET)
            writer.write_eof()
            await until(lambda: [one for one in server.connections if one.exchange.is_client_gone])
            for connection in server.connections:
                connection.check_deadline(server.now_s)
            may_answer.set()
            assert (await reader.read()).endswith(b'"answer"')
        await until(lambda: not server.connections)
        await let_run()
