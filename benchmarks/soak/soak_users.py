"""The soak's clients, a process of its own: many users who ask, check every byte, and account for every request.

It is started by soak.py with what it needs as JSON, writes what it has seen as lines of JSON, and ends with its time,
or with its standard input.
"""

import asyncio
import json
import os
import random
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any, TypeVar

import uvloop
from soak_accounts import Accounts, Fault, Outcome
from soak_http import Answer, Ended, Link, Malformed, Request
from soak_questions import Question, content, has, is_body, small_question, stream_question, upload_question
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

DIRECT = ("asgi", "native")
FRONTS = (*DIRECT, "nginx")
HUNG_S = 10.0
PAUSE_S = 0.3  # at the most: shorter than any --drain-timeout
REPORT_S = 1.0
SLOW_BYTES, SLOW_S = 400_000, 2.0
TALK_PAUSE_S = 0.1
WORKER_ENDS = (1001, 1012)  # how a WebSocket is closed when its worker ends
UNANSWERED = (502, 504)  # how nginx says that it was given no answer
DETAIL_CHARACTERS = 300

Got = TypeVar("Got")


class User:
    """One user: an activity after the other.

    Args:
        chance: what decides about everything.
        ports: by front.
        fresh_s: how long a connection may have been idle to be used again: less than the server keeps it while it
            drains, so that each must be told, and no request can race with a close.
        accounts: where it is noted.
        report: called with each fault.
    """

    def __init__(
        self,
        chance: random.Random,
        ports: dict[str, int],
        fresh_s: float,
        accounts: Accounts,
        report: Callable[[Fault], None],
    ) -> None:
        self._chance = chance
        self.ports = ports
        self._fresh_s = fresh_s
        self._accounts = accounts
        self._report = report
        self._kept: dict[str, Link] = {}

    async def run(self, until_s: float) -> None:
        """Do one thing after the other until a moment."""
        activities, weights = zip(*self._activities(), strict=True)
        while monotonic() < until_s:
            [activity] = self._chance.choices(activities, weights)
            await activity()
            await asyncio.sleep(self._chance.random() * PAUSE_S)
        self.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        for link in self._kept.values():
            link.close()

    def has_open_link(self, front: str) -> bool:
        """Tell whether a connection is kept that is as it should be."""
        return front in self._kept and self._kept[front].found_idle() is None

    def _activities(self) -> Sequence[tuple[Callable[[], Coroutine[Any, Any, None]], int]]:
        return [
            (self.ask_small, 40),
            (self.upload, 20),
            (self.talk, 6),
            (self.stream, 6),
            (self.pipeline, 5),
            (self.half_close, 4),
            (self.leave_background_task, 4),
            (self.reset_upload, 2),
            (self.reset_stream, 4),
            (self.read_slowly, 1),
        ]

    # What users do.

    async def ask_small(self) -> None:
        """Ask for something small on a kept connection."""
        await self.ask(small_question(self._chance, self._chance.choice(FRONTS)))

    async def upload(self) -> None:
        """Send a body on a kept connection."""
        await self.ask(upload_question(self._chance, self._chance.choice(FRONTS)))

    async def stream(self) -> None:
        """Read an answer that comes in pieces."""
        await self.ask(stream_question(self._chance, self._chance.choice(FRONTS)))

    async def leave_background_task(self) -> None:
        """Leave a task that goes on after the answer, and end it by the next request on the connection."""
        request = Request(method="GET", path="/background")
        answer = await self.ask(Question(what="background task", front="asgi", request=request, check=has("id")))
        if answer is not None and "asgi" in self._kept:
            request = Request(method="GET", path=f"/background/{json.loads(answer.body)['id']}/end")
            check = has(is_running=True, worker=answer.worker)
            await self.ask(Question(what="after a background task", front="asgi", request=request, check=check))

    async def pipeline(self) -> None:
        """Send several requests at once."""
        front = self._chance.choice(DIRECT)
        questions = [small_question(self._chance, front) for _ in range(self._chance.randrange(2, 9))]
        link = await self._link(front)
        if link is None:
            return
        begun_at_s = monotonic()
        await link.send(b"".join(question.request.encode() for question in questions))
        for number, question in enumerate(questions):
            coming = link.answer(question.request.method)
            exchange = Exchange(what=f"pipelined to {front}", front=front, link=link, begun_at_s=begun_at_s)
            answer = await self._take(exchange, coming, question.check)
            if answer is None or answer.is_last:
                for _ in questions[number + 1 :]:
                    self._accounts.note(exchange.what, Outcome.BEHIND)
                link.close()
                return
        self._kept[front] = link

    async def half_close(self) -> None:
        """Close our side after a request, and read its answer; Django gives such a request up (`http.disconnect`)."""
        front = self._chance.choice(DIRECT)
        question = small_question(self._chance, front, with_django=False)
        if (link := await self._open(front)) is not None:
            await link.send(question.request.encode())
            link.end_sending()
            exchange = Exchange(what=f"half-closed to {front}", front=front, link=link)
            await self._take(exchange, link.answer(question.request.method), question.check)
            link.close()

    async def reset_upload(self) -> None:
        """Reset the connection in the middle of a body."""
        front = self._chance.choice(FRONTS)
        path = "/stream-upload" if front == "native" else "/upload"
        data = Request(method="PUT", path=path, body=bytes(1_000_000)).encode()
        if (link := await self._open(front)) is not None:
            await link.send(data[: self._chance.randrange(10, len(data))])
            link.reset()
            self._accounts.note(f"upload that is reset, {front}", Outcome.GIVEN_UP)

    async def reset_stream(self) -> None:
        """Reset the connection in the middle of an answer, one that has no end."""
        front = self._chance.choice(DIRECT)
        if (link := await self._open(front)) is not None:
            await link.send(Request(method="GET", path="/quiet").encode())
            exchange = Exchange(what=f"stream that is reset, {front}", front=front, link=link)
            if await self._take(exchange, link.read(100), outcome=Outcome.GIVEN_UP) is not None:
                link.reset()

    async def read_slowly(self) -> None:
        """Read a large answer late, into a small buffer."""
        front = self._chance.choice(DIRECT)
        if (link := await self._open(front, receive_buffer_bytes=4096)) is not None:
            exchange = Exchange(what=f"slow reader of {front}", front=front, link=link)
            await link.send(Request(method="GET", path=f"/bytes/{SLOW_BYTES}").encode())
            await asyncio.sleep(self._chance.random() * SLOW_S)
            await self._take(exchange, link.answer("GET"), is_body(content(SLOW_BYTES, SLOW_BYTES)))
            link.close()

    async def talk(self) -> None:
        """Say something over a WebSocket, and hear it back."""
        front = self._chance.choice(DIRECT)
        exchange = Exchange(what=f"WebSocket of {front}", front=front)
        url = f"ws://127.0.0.1:{self.ports[front]}/echo"
        try:
            async with asyncio.timeout(HUNG_S), connect(url, proxy=None, compression=None) as websocket:
                assert websocket.response is not None
                exchange.worker = int(websocket.response.headers["x-worker"])
                for _ in range(self._chance.randrange(1, 30)):
                    data = self._chance.randbytes(self._chance.choice((0, 1, 125, 126, 4000, 70_000)))
                    message = self._chance.choice((data, data.hex()))
                    await websocket.send(message)
                    if await websocket.recv() != message:
                        self._fault(exchange, Outcome.WRONG, "another message came back")
                        return
                    await asyncio.sleep(self._chance.random() * TALK_PAUSE_S)
        except TimeoutError:
            self._fault(exchange, Outcome.HUNG, f"not over after {HUNG_S:g} s")
        except ConnectionClosed as closed:
            if closed.rcvd is None or closed.rcvd.code not in WORKER_ENDS:
                self._fault(exchange, Outcome.LOST, str(closed))
            else:
                self._accounts.note(exchange.what, Outcome.RIGHT)
        except (OSError, EOFError, InvalidHandshake) as error:
            is_end = isinstance(error.__cause__ or error, OSError | EOFError)
            self._fault(exchange, Outcome.LOST if is_end else Outcome.WRONG, f"{error!r}, {error.__cause__!r}")
        else:
            self._accounts.note(exchange.what, Outcome.RIGHT)

    # How a request is accounted for.

    async def ask(self, question: Question) -> Answer | None:
        """Ask on the connection that is kept, and keep it if that may be."""
        link = await self._link(question.front)
        if link is None:
            return None
        exchange = Exchange(what=question.what, front=question.front, link=link)
        answer = await self._take(exchange, link.exchange(question.request), question.check)
        if answer is not None and answer.is_last:
            link.close()
        elif answer is not None:
            self._kept[question.front] = link
        return answer

    async def _link(self, front: str) -> Link | None:
        """Return the connection that is kept, if it is still good, or a new one."""
        link = self._kept.pop(front, None)
        if link is not None and monotonic() - link.idle_since_s > self._fresh_s:
            link.close()
            link = None
        if link is None:
            return await self._open(front)
        found = link.found_idle()
        if found is None:
            return link
        link.close()
        outcome = Outcome.UNTOLD if found.startswith("closed") else Outcome.WRONG
        exchange = Exchange(what=f"kept connection to {front}", front=front, link=link, begun_at_s=link.idle_since_s)
        self._fault(exchange, outcome, found)
        return await self._open(front)

    async def _open(self, front: str, *, receive_buffer_bytes: int = 0) -> Link | None:
        exchange = Exchange(what=f"connection to {front}", front=front)
        try:
            async with asyncio.timeout(HUNG_S):
                return await Link.open(self.ports[front], receive_buffer_bytes=receive_buffer_bytes)
        except OSError as error:  # TimeoutError is one
            self._fault(exchange, Outcome.LOST, repr(error))
            return None

    async def _take(
        self,
        exchange: "Exchange",
        coming: Awaitable[Got],
        check: Callable[[Got], str | None] = lambda _: None,
        *,
        outcome: Outcome = Outcome.RIGHT,
    ) -> Got | None:
        """Return what comes, and note that it is as it must be.

        Returns:
            None when it is not: that is noted, and the connection closed.
        """
        assert exchange.link is not None
        fault = None
        try:
            async with asyncio.timeout(HUNG_S):
                got = await coming
        except TimeoutError:
            fault = Outcome.HUNG, f"no whole answer within {HUNG_S:g} s"
        except Ended as ended:
            is_race = exchange.link.answers > 0 and not ended.has_begun
            fault = Outcome.RACED if is_race else Outcome.LOST, str(ended)
        except Malformed as error:
            fault = Outcome.WRONG, str(error)
        else:
            if (complaint := check(got)) is None:
                self._accounts.note(exchange.what, outcome)
                return got
            has_no_answer = exchange.front == "nginx" and isinstance(got, Answer) and got.status in UNANSWERED
            fault = Outcome.LOST if has_no_answer else Outcome.WRONG, complaint
        self._fault(exchange, *fault)
        exchange.link.close()
        return None

    def _fault(self, exchange: "Exchange", outcome: Outcome, detail: str) -> None:
        self._accounts.note(exchange.what, outcome)
        link = exchange.link
        worker = exchange.worker if link is None else link.worker
        self._report(
            Fault(
                what=exchange.what,
                outcome=outcome,
                worker=None if exchange.front == "nginx" else worker,
                begun_at_s=exchange.begun_at_s,
                ended_at_s=monotonic(),
                detail=detail[:DETAIL_CHARACTERS],
            )
        )


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request that is under way."""

    what: str
    front: str
    link: Link | None = None
    worker: int | None = None  # of one without a Link
    begun_at_s: float = field(default_factory=monotonic)


async def main(options: dict[str, Any]) -> None:
    """Let the users do what they do, and write down what they see."""
    accounts = Accounts()

    def write(line: dict[str, Any]) -> None:
        print(json.dumps(line), flush=True)

    def counts() -> list[Any]:
        return [[what, outcome, number] for (what, outcome), number in accounts.counts.items()]

    async def report_counts() -> None:
        while True:
            write({"counts": counts()})
            await asyncio.sleep(REPORT_S)

    reporting = asyncio.ensure_future(report_counts())
    async with asyncio.TaskGroup() as users:
        for number in range(options["users"]):
            chance = random.Random(f"{options['seed']} {number}")  # noqa: S311  # it is to be repeatable
            user = User(
                chance, options["ports"], options["fresh_s"], accounts, lambda fault: write({"fault": asdict(fault)})
            )
            users.create_task(user.run(options["until_s"]))
    reporting.cancel()
    write({"counts": counts(), "is_over": True})


def end_with_input() -> None:
    """End when the process that started this one is gone."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_input, daemon=True).start()
    uvloop.run(main(json.loads(sys.argv[1])))
