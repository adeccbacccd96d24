"""The exchanges of a connection whose requests have ids: the answers have them, too.

Connections without ids have the class above this one, and pay nothing.
"""

from typing import Any

from api_hour.http.exchange.answer import Fields, GivenFields
from api_hour.http.exchange.request_ids import RequestIds
from api_hour.http.exchange.upgrade import Successor
from api_hour.http.h1.exchange import H1Exchange
from api_hour.http.message.request import Request
from api_hour.http.message.response import Response
from api_hour.http.wire.answer_head import RAW, AnswerHead, Spelling


class IdentifiedExchange(H1Exchange):
    """One request with an id, and its answer: see `H1Exchange`."""

    __slots__ = ()

    @property
    def _ids(self) -> RequestIds:
        ids = self.server.request_ids
        assert ids is not None
        return ids

    def begin(self, request: Request) -> None:
        """Give a request its id, and have it answered."""
        self._ids.identify(request, self.ends)
        super().begin(request)

    def send(self, request: Request, response: Response) -> None:
        """Send a response whose body is there as a whole."""
        super().send(request, self._identified(request, response))

    def send_json(self, request: Request, document: bytes) -> None:
        """Send a JSON document with status 200."""
        self.send(request, Response(document, content_type="application/json"))

    def send_fields(  # noqa: PLR0917  # as H1Exchange
        self,
        request: Request,
        status: int,
        fields: GivenFields,
        body: bytes,
        spelling: Spelling = RAW,
        first_line: bytes | None = None,
    ) -> None:
        """Send an answer that is given as status, header fields and body."""
        super().send_fields(request, status, self._with_id(request, fields, spelling), body, spelling, first_line)

    def begin_response(self, request: Request, response: Response) -> bool:
        """Send the head of a response whose body comes in pieces; tell whether a body follows."""
        return super().begin_response(request, self._identified(request, response))

    def begin_fields(
        self,
        request: Request,
        status: int,
        fields: GivenFields,
        spelling: Spelling = RAW,
        first_line: bytes | None = None,
    ) -> AnswerHead:
        """Send the head of an answer whose body comes in pieces, and return it."""
        return super().begin_fields(request, status, self._with_id(request, fields, spelling), spelling, first_line)

    def switch_protocols(self, protocol: bytes, fields: Fields, successor: Successor) -> None:
        """Give all that comes from now on to another protocol."""
        assert self.request is not None
        super().switch_protocols(protocol, self._with_id(self.request, fields, RAW), successor)

    def _identified(self, request: Request, response: Response) -> Response:
        if request.request_id is None or self._ids.are_in(response.headers):
            return response
        return Response(
            response.body,
            status=response.status,
            content_type=response.content_type,
            headers=[*response.headers, (self._ids.name, request.request_id)],
            content_length=response.content_length,
        )

    def _with_id(self, request: Request, fields: GivenFields, spelling: Spelling) -> Any:
        given: list[Any] = [*fields]
        ids, request_id = self._ids, request.request_id
        if request_id is not None and not ids.are_in(given):
            given.append((ids.raw_name, request_id.encode("ascii")) if spelling is RAW else (ids.name, request_id))
        return given
