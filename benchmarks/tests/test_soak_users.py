"""The soak's clients against servers that lie, hang and close: each request is accounted for once, as what it is."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
import soak_users
from soak_accounts import Accounts, Fault, Outcome
from soak_http import Answer, Request
from soak_questions import Question, has, is_body, is_digest_of, is_head, is_status
from soak_users import User

TIMEOUT_S = 20.0
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Worker: 7\r\n\r\nok"
QUESTION = Question(what="it", front="asgi", request=Request(method="GET", path="/"), check=is_body(b"ok"))


def answering(*answers: bytes, then: str = "close") -> Serve:
    """Return a server that gives its answers, one to each request, on each connection, and then closes or hangs."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
        if then == "hang":
            await reader.read()
        elif then == "request":
            with suppress(asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")

    return serve


def outcomes(
    serve: Serve, act: Callable[[User], Awaitable[object]], *, front: str = "asgi"
) -> tuple[list[tuple[str, Outcome, int]], list[Fault]]:
    """Let a user act on a server; return what it has noted, and the faults."""
    accounts, faults = Accounts(), list[Fault]()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    async def main() -> None:
        async with asyncio.timeout(TIMEOUT_S):
            server = await asyncio.start_server(run, "127.0.0.1", 0)
            ports = {front: server.sockets[0].getsockname()[1]}
            chance = random.Random("test")  # noqa: S311
            user = User(chance, ports, 60.0, accounts, faults.append)
            await act(user)
            user.close()
            server.close()
            await server.wait_closed()

    asyncio.run(main())
    return [(what, outcome, number) for (what, outcome), number in accounts.counts.items()], faults


@pytest.mark.parametrize(
    ("answer", "then", "outcome"),
    [
        (GOOD, "close", Outcome.RIGHT),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", "close", Outcome.RIGHT),
        (GOOD.replace(b"ok", b"no"), "close", Outcome.WRONG),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nok", "close", Outcome.WRONG),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "close", Outcome.WRONG),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n", "close", Outcome.WRONG),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "close", Outcome.WRONG),
        (GOOD[:-1], "close", Outcome.LOST),
        (b"HTTP/1.1 200", "close", Outcome.LOST),
        (b"", "close", Outcome.LOST),
        (GOOD[:-1], "hang", Outcome.HUNG),
        (b"", "hang", Outcome.HUNG),
    ],
)
def test_an_answer_is_accounted_for_as_what_it_is(
    answer: bytes, then: str, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak_users, "HUNG_S", 0.2)

    noted, faults = outcomes(answering(answer, then=then), lambda user: user.ask(QUESTION))

    assert noted == [("it", outcome, 1)]
    assert [fault.outcome for fault in faults] == ([] if outcome is Outcome.RIGHT else [outcome])


def test_a_kept_connection_that_ends_before_the_answer_is_a_race() -> None:
    async def twice(user: User) -> None:
        await user.ask(QUESTION)
        await user.ask(QUESTION)

    noted, [fault] = outcomes(answering(GOOD, then="request"), twice)

    assert noted == [("it", Outcome.RIGHT, 1), ("it", Outcome.RACED, 1)]
    assert fault.worker == 7


def test_a_kept_connection_that_was_closed_without_a_word_is_noted_and_the_request_sent_on_a_new_one() -> None:
    async def twice(user: User) -> None:
        await user.ask(QUESTION)
        while user.has_open_link("asgi"):  # noqa: ASYNC110  # a socket that is not read has no event
            await asyncio.sleep(0.001)
        await user.ask(QUESTION)

    noted, [fault] = outcomes(answering(GOOD), twice)

    assert noted == [("it", Outcome.RIGHT, 2), ("kept connection to asgi", Outcome.UNTOLD, 1)]
    assert (fault.worker, fault.detail) == (7, "closed")


def test_a_connection_that_is_closed_as_the_answer_has_said_is_no_fault() -> None:
    async def twice(user: User) -> None:
        await user.ask(QUESTION)
        await user.ask(QUESTION)

    last = GOOD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert outcomes(answering(last), twice) == ([("it", Outcome.RIGHT, 2)], [])


def test_bytes_that_nobody_asked_for_are_wrong() -> None:
    async def twice(user: User) -> None:
        await user.ask(QUESTION)
        await user.ask(QUESTION)

    noted, _ = outcomes(answering(GOOD + b"more", GOOD, then="hang"), twice)

    assert ("kept connection to asgi", Outcome.WRONG, 1) in noted


def test_an_answer_that_nginx_was_not_given_is_lost_and_nobody_s() -> None:
    answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nX-Worker: 7\r\n\r\n"
    question = Question(what="it", front="nginx", request=QUESTION.request, check=QUESTION.check)

    noted, [fault] = outcomes(answering(answer), lambda user: user.ask(question), front="nginx")

    assert noted == [("it", Outcome.LOST, 1)]
    assert fault.worker is None


def test_a_server_that_is_not_there_is_lost() -> None:
    async def elsewhere(user: User) -> None:
        user.ports["asgi"] = 1
        await user.ask(QUESTION)

    noted, _ = outcomes(answering(), elsewhere)

    assert noted == [("connection to asgi", Outcome.LOST, 1)]


def test_answers_are_checked_by_what_was_asked() -> None:
    body = b'{"bytes": 1, "sha256": "%b"}' % hashlib.sha256(b"x").hexdigest().encode()
    answer = Answer(status=200, headers={"content-length": "9"}, body=body)

    for check in (is_status(200), is_body(body), is_head(9), is_digest_of(b"x"), has("bytes", bytes=1)):
        assert check(answer) is None
    for check in (is_status(204), is_body(b"y"), is_head(8), is_digest_of(b"y"), has("more"), has(bytes=2)):
        assert check(answer) is not None
