"""Targets: requests as a process sends them, with all that their answers are compared with."""

import re
from collections.abc import Mapping
from dataclasses import replace

from rush_hour.core.expectation import BadAnswer
from rush_hour.core.http.http_response import HeadCache, ResponseHead
from rush_hour.core.records import REQUEST_SHIFT, REQUESTS_LIMIT, SENT
from rush_hour.credentials import printable
from rush_hour.load.workload.request import Request, Requests, ResponseHook

BEGINNING_BYTES = 200  # of a bad answer's body, that are kept
_CLOSE = re.compile(rb"\nconnection:[^\n]*\bclose\b", re.IGNORECASE)
_KEEP_ALIVE = re.compile(rb"\nconnection:[^\n]*\bkeep-alive\b", re.IGNORECASE)


class Target:
    """A request, and a good answer to it.

    Args:
        request: the request.
        heads: of the answers to its method.
        on_response: see `Requests`.
        closes: whether no request follows another on its connection.
        number: of the request, among those with names.
        connection: the number of the connection that it is on, where it is for that alone.

    Attributes:
        data: the bytes to send first.
        rest: what is sent after them.
        closes: whether no other follows on its connection, because it says so or because none ever does.
        known_body: a body known to be good, so that the next one need only be compared; None when there is none.
        known_chunks: the same as it came, in chunks.
        first_bad: what was wrong with the first answer that was not good; None without any.
        tag: the request's number, as the tags of its records have it.
        sent_tag: the tag of its being sent.
    """

    __slots__ = (
        "_connection", "_expectation", "_name", "_on_response", "closes", "data", "first_bad", "get_head", "heads",
        "keeps_body", "known_body", "known_chunks", "learns", "rest", "sent_tag", "statuses", "tag",
    )  # fmt: skip

    def __init__(
        self,
        request: Request,
        heads: HeadCache,
        on_response: ResponseHook | None,
        *,
        closes: bool = False,
        number: int = 0,
        connection: int = 0,
    ) -> None:
        self.tag = number << REQUEST_SHIFT
        self.sent_tag = self.tag | SENT
        self.data = request.data
        self.rest = memoryview(request.body)
        self.closes = closes or asks_to_close(request.data)
        self.heads = heads
        self.get_head = heads.get
        self._name = request.name
        self._expectation = request.expectation
        self._on_response = on_response
        self._connection = connection
        self.statuses = request.expectation.statuses
        self.keeps_body = request.expectation.needs_body or on_response is not None
        self.learns = on_response is None
        self.known_body: bytes | None = request.expectation.body if self.learns else None
        self.known_chunks: bytes | None = None
        self.first_bad: BadAnswer | None = None

    def accepts(self, head: ResponseHead, body: bytes) -> bool:
        """Whether an answer is good; its body is looked at only if anything is expected of it."""
        is_good = head.status in self.statuses
        if self._on_response is not None:
            is_good &= self._on_response(head.status, _text_headers(head.headers), body, self._connection) is not False
        if is_good and self._expectation.needs_body and body is not self.known_body:
            is_good = self._expectation.accepts_body(body)
            if is_good and self.learns:
                self.known_body = body
        if not is_good and self.first_bad is None:
            by_script = BadAnswer(status=head.status, differs="script", what="what the script's response() refused")
            bad = self._expectation.explain(head.status, body) or by_script
            begins = printable(body[:BEGINNING_BYTES].decode("utf-8", "replace").strip())
            self.first_bad = replace(bad, begins=begins, request=self._name)
        return is_good

    def refuse(self, head: ResponseHead, length_bytes: int) -> bool:
        """Refuse an answer whose body is too long to be looked at."""
        if self.first_bad is None:
            what = f"a body of {length_bytes} bytes, which is too long to be compared"
            self.first_bad = BadAnswer(status=head.status, differs="body", what=what, request=self._name)
        return False


class Targets:
    """The targets of a plan's requests: kept, where there are few.

    Args:
        requests: the plan's.
        close_all: whether no request follows another on its connection.

    Attributes:
        vary: whether each request's target has to be asked for.
        are_named: whether requests are told apart by their names.
        phase_ends_ns: when the phases of the schedule that is followed end; none without a profile.
        phase_step: between the tags of one request in two phases: see `core/records.py`.
    """

    def __init__(self, requests: Requests, *, close_all: bool) -> None:
        self.vary = requests.varies
        self.are_named = bool(requests.names)
        self.phase_ends_ns: tuple[int, ...] = ()
        self.phase_step = phase_step(len(requests.names))
        self._numbers = {name: min(number, REQUESTS_LIMIT - 1) for number, name in enumerate(requests.names)}
        self._requests = requests
        self._are_kept = requests.are_few
        self._on_response = requests.on_response
        self._close_all = close_all
        self._heads = {True: HeadCache("HEAD"), False: HeadCache("GET")}
        self._kept: dict[Request, Target] = {}

    def begin(self, *, is_session: bool) -> None:
        """Begin a run; there are no sessions here."""

    def first(self, connection: int) -> Target:
        """Return what a connection has before it has sent anything."""
        return self.get(connection, connection)

    def get(self, number: int, connection: int) -> Target:
        """Return the target of the request of that number, which is on that connection."""
        request = self._requests.get(number, connection)
        target = self._kept.get(request) if self._are_kept else None
        if target is None:
            heads = self._heads[request.method == "HEAD"]
            of_name = self._numbers.get(request.name, 0)
            target = Target(
                request, heads, self._on_response, closes=self._close_all, number=of_name, connection=connection
            )
            if self._are_kept:
                self._kept[request] = target
        return target


def phase_step(names: int) -> int:
    """Return what is between the tags of one request in two phases, where so many names are told apart."""
    return max(1, min(names, REQUESTS_LIMIT)) << REQUEST_SHIFT


def asks_to_close(request: bytes) -> bool:
    """Whether a request's head says that its connection is closed after the answer (RFC 9112, section 9.3)."""
    head = request[: request.find(b"\r\n\r\n") + 2]
    if _CLOSE.search(head) is not None:
        return True
    return head.partition(b"\r\n")[0].endswith(b" HTTP/1.0") and _KEEP_ALIVE.search(head) is None


def _text_headers(headers: Mapping[bytes, list[bytes]]) -> dict[str, str]:
    return {name.decode("ascii"): b", ".join(values).decode("latin-1") for name, values in headers.items()}
