"""Requests whose handler is coalesced: who shares an answer, and what becomes of each of them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from event_loops import let_run, on_each_loop, until
from held_source import Source
from http_connection import Connection, connected

from api_hour.coalesce import Coalesced, CoalesceMetrics
from api_hour.engines import EngineUnavailable
from api_hour.http import HttpError, HttpServer, Limits, Request, Response, Router
from api_hour.http.wire.answer_head import encode_response
from api_hour.http.wire.response_heads import ResponseHeads

PAGE = Path(__file__).parents[5] / "docs" / "api-hour" / "coalescing.md"
GET = b"GET /agents HTTP/1.1\r\nHost: a\r\n\r\n"


class Service(Source):
    """A server whose one handler is the coalesced read."""

    def __init__(self, *, limits: Limits | None = None, router: Router | None = None, **options: Any) -> None:
        super().__init__(**{"key": lambda request: request.target} | options)
        router = router or Router()
        router.add("GET", "/agents", self.ask)
        self.server = HttpServer(router, limits=limits)

    @property
    def metrics(self) -> CoalesceMetrics:
        return self.ask.metrics

    async def clients(self, stack: AsyncExitStack, count: int, data: bytes = GET) -> list[Connection]:
        """Connect clients that send a request each, and wait until all have been begun."""
        clients = [await stack.enter_async_context(connected(self.server)) for _ in range(count)]
        calls = self.metrics.calls
        for client in clients:
            client.send(data)
        await until(lambda: self.metrics.calls == calls + count)
        return clients

    @asynccontextmanager
    async def two_clients(self) -> AsyncIterator[list[Connection]]:
        """Give two clients whose requests share an execution that has begun."""
        async with AsyncExitStack() as stack:
            clients = await self.clients(stack, 2)
            await until(lambda: self.begun)
            yield clients


@on_each_loop
async def test_requests_that_come_while_one_is_answered_share_the_next_answer() -> None:
    service = Service()
    async with AsyncExitStack() as stack:
        first = await service.clients(stack, 1)
        await until(lambda: service.begun)
        later = await service.clients(stack, 3)
        service.begun[0].set_result(Response("old"))
        assert (await first[0].answer()).body == b"old"

        await until(lambda: len(service.begun) == 2)
        service.begun[1].set_result(Response("new", headers=[("X-Of", "all")]))
        answers = [await client.answer() for client in later]

    assert [(answer.status, answer.body, answer.headers["x-of"]) for answer in answers] == [(200, b"new", "all")] * 3
    assert service.metrics == CoalesceMetrics(calls=4, executions=2, largest_batch=3, callers=0)


@on_each_loop
async def test_requests_that_wait_have_no_task_of_their_own() -> None:
    service = Service()
    tasks_before = len(asyncio.all_tasks())
    async with service.two_clients() as clients:
        assert len(asyncio.all_tasks()) == tasks_before + 1  # the execution's

        service.begun[0].set_result(Response("shared"))
        assert [(await client.answer()).body for client in clients] == [b"shared"] * 2


@on_each_loop
async def test_each_is_answered_in_its_own_way() -> None:
    service = Service()
    async with AsyncExitStack() as stack:
        await service.clients(stack, 1)
        [get] = await service.clients(stack, 1)
        [head] = await service.clients(stack, 1, GET.replace(b"GET", b"HEAD"))
        [old] = await service.clients(stack, 1, b"GET /agents HTTP/1.0\r\n\r\n")
        [last] = await service.clients(stack, 1, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        service.begun[0].set_result(Response("of the one before"))
        await until(lambda: len(service.begun) == 2)
        service.begun[1].set_result(Response("shared"))
        answers = [await get.answer(), await head.answer(to="HEAD"), await old.answer(), await last.answer()]
        assert (await old.rest(), await last.rest()) == (b"", b"")

    assert [answer.body for answer in answers] == [b"shared", b"", b"shared", b"shared"]
    assert {answer.headers["content-length"] for answer in answers} == {"6"}


@on_each_loop
async def test_what_is_no_response_becomes_json() -> None:
    service = Service()
    async with service.two_clients() as clients:
        service.begun[0].set_result(("a", 1))

        assert [(await client.answer()).body for client in clients] == [b'["a",1]'] * 2


@on_each_loop
async def test_pipelined_requests_are_answered_one_after_the_other() -> None:
    service = Service()
    async with connected(service.server) as client:
        client.send(GET * 3)
        await until(lambda: service.begun)
        for number in range(3):
            await let_run()
            assert (len(service.begun), service.metrics.calls) == (number + 1, number + 1)
            service.begun[number].set_result(Response(str(number)))
            assert (await client.answer()).body == str(number).encode()


@pytest.mark.parametrize(
    ("error", "status"), [(KeyError("lost"), 500), (HttpError(409, "no"), 409), (EngineUnavailable("down"), 503)]
)
@on_each_loop
async def test_an_error_is_the_answer_of_all(error: Exception, status: int) -> None:
    service = Service()
    async with service.two_clients() as clients:
        service.begun[0].set_exception(error)
        answers = [await client.answer() for client in clients]

        client = clients[0]
        client.send(GET)  # the connection goes on
        await until(lambda: len(service.begun) == 2)
        service.begun[1].set_result(Response("found"))
        assert (await client.answer()).body == b"found"

    assert [answer.status for answer in answers] == [status] * 2


async def _pieces() -> Any:
    yield b"piece"


@pytest.mark.parametrize("answer", [Response(_pieces()), Response("a", headers=[("X", "a\n")]), ["list"], object()])
def test_what_cannot_be_shared_or_sent_is_a_failure(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR")

    @on_each_loop
    async def ask() -> None:
        service = Service()
        async with service.two_clients() as clients:
            service.begun[0].set_result(answer)

            assert [(await client.answer()).status for client in clients] == [500, 500]

    ask(new_loop=asyncio.new_event_loop)
    assert len(caplog.records) == 2


def test_one_body_is_sent_with_the_head_of_each_response() -> None:
    body = b"shared"
    heads = ResponseHeads(b"Date: now\r\n")
    responses = [Response(body), Response(body, content_type="a/b"), Response(body, status=201), Response(body)]

    sent = [heads.whole(response, body) for response in responses]

    assert sent == [encode_response(each, None, date=heads.date, keep_alive=True) for each in responses]
    assert heads.whole(Response(b"other"), b"other").endswith(b"\r\n\r\nother")


@on_each_loop
async def test_a_handler_without_a_key_answers_each_request_alone() -> None:
    """Requests have no equals: without a key nobody shares, and nobody waits for another."""
    service = Service(key=None)
    async with AsyncExitStack() as stack:
        clients = await service.clients(stack, 2)
        await until(lambda: len(service.begun) == 2)
        for number, execution in enumerate(service.begun):
            execution.set_result(Response(str(number)))

        assert {(await client.answer()).body for client in clients} == {b"0", b"1"}


@on_each_loop
async def test_one_too_many_is_told_to_come_again() -> None:
    service = Service(callers_limit=1)
    async with AsyncExitStack() as stack:
        clients = await service.clients(stack, 2)  # whose requests come in any order
        answers = [asyncio.ensure_future(client.answer()) for client in clients]
        [first], [last] = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        refused = await first
        service.begun[0].set_result(Response("one"))
        answered = await last

    assert (answered.body, refused.status, refused.headers["retry-after"]) == (b"one", 503, "1")


@on_each_loop
async def test_who_waits_too_long_is_told_so_and_the_others_go_on() -> None:
    service = Service(limits=Limits(request_timeout_s=5))
    async with service.two_clients() as clients:
        clients[0].protocol.check_deadline(service.server.now_s + 6)
        refused = await clients[0].answer()
        assert service.metrics.callers == 1
        service.begun[0].set_result(Response("late"))
        answered = await clients[1].answer()

    assert (refused.status, refused.body) == (503, b"the answer took too long\n")
    assert (answered.body, service.cancelled) == (b"late", 0)


@on_each_loop
async def test_the_last_connection_that_is_aborted_ends_the_execution() -> None:
    service = Service()
    async with service.two_clients() as clients:
        for client in clients:
            client.protocol.abort()
            assert await client.is_cut()
        await until(lambda: service.cancelled)

    assert service.metrics.callers == 0


@on_each_loop
async def test_a_client_that_has_gone_is_no_harm_to_the_others() -> None:
    service = Service()
    async with service.two_clients() as clients:
        clients[0].transport.abort()
        await let_run()
        service.begun[0].set_result(Response("kept"))

        assert (await clients[1].answer()).body == b"kept"


@on_each_loop
async def test_an_execution_that_cancels_itself_is_a_failure() -> None:
    service = Service()
    async with service.two_clients() as clients:
        service.begun[0].cancel()

        assert [(await client.answer()).status for client in clients] == [500, 500]


@on_each_loop
async def test_with_middleware_around_it_requests_share_too() -> None:
    async def name(request: Request, answer: Any) -> Response:
        response: Response = await answer(request)
        return Response(response.body, headers=[("X-Target", request.target.decode())])

    service = Service(router=Router(middleware=[name]), key=lambda _request: None)
    async with AsyncExitStack() as stack:
        await service.clients(stack, 1)
        [one] = await service.clients(stack, 1, GET.replace(b"/agents", b"/agents?1"))
        [other] = await service.clients(stack, 1, GET.replace(b"/agents", b"/agents?2"))
        service.begun[0].set_result(Response("of the one before"))
        await until(lambda: len(service.begun) == 2)
        service.begun[1].set_result(Response("shared"))
        answers = [await one.answer(), await other.answer()]

    assert [(answer.body, answer.headers["x-target"]) for answer in answers] == [
        (b"shared", "/agents?1"),
        (b"shared", "/agents?2"),
    ]
    assert service.metrics.executions == 2


@on_each_loop
async def test_the_handler_of_the_documentation_shares() -> None:
    [code] = [block for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "router" in block]
    namespace: dict[str, Any] = {"router": Router()}
    exec(code, namespace)  # noqa: S102  # it is the project's own
    go = asyncio.Event()

    class Agents:
        """Answers when the test says so."""

        async def list_all(self) -> bytes:
            await go.wait()
            return b"[]"

    server = HttpServer(namespace["router"], container=SimpleNamespace(services={"agents": Agents()}))
    handler: Coalesced[[Request], Response] = namespace["agents"]
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(server)) for _ in range(3)]
        for number, client in enumerate(clients):
            client.send(GET)
            await until(lambda number=number: handler.metrics.callers == number + 1)  # type: ignore[misc]
        go.set()
        answers = [await client.answer() for client in clients]

    assert {(answer.body, answer.headers["content-type"]) for answer in answers} == {(b"[]", "application/json")}
    assert (handler.metrics.calls, handler.metrics.executions) == (3, 2)
