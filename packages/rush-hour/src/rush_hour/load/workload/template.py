"""Requests that differ from user to user: by their cookies, and by the values that are filled in."""

from dataclasses import dataclass, field, replace

from rush_hour.core.expectation import Expectation
from rush_hour.errors import UsageError
from rush_hour.load.workload.filling import Filling
from rush_hour.load.workload.request import Request
from rush_hour.load.workload.user import Take, User
from rush_hour.load.workload.wire_text import unfit_in_header

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blanks:
    """The places of a request where values are filled in.

    Attributes:
        target: path and query.
        headers: names, and values with their blanks; the first is Host.
        body: the body; None for one that is the same for all.
    """

    target: Filling
    headers: tuple[tuple[str, Filling], ...]
    body: Filling | None

    @property
    def names(self) -> frozenset[str]:
        """The names of all values that are filled in."""
        body = frozenset[str]() if self.body is None else self.body.names
        return self.target.names.union(body, *(filling.names for _, filling in self.headers))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RequestTemplate:
    """A request as it is for each user.

    Attributes:
        request: the same for all, blanks and cookies left out: method, name, expectation, and the body that is sent
            after the first piece.
        blanks: where values are filled in; None where nothing is.
        takes: values that are taken from its answer.
    """

    request: Request
    blanks: Blanks | None = None
    takes: tuple[Take, ...] = ()
    _head: bytes = field(init=False)
    _rest: bytes = field(init=False)
    _path: str = field(init=False)

    def __post_init__(self) -> None:
        """Find where cookies go."""
        end = self.request.data.find(HEAD_END) + 2
        object.__setattr__(self, "_head", self.request.data[:end])
        object.__setattr__(self, "_rest", self.request.data[end:])
        object.__setattr__(self, "_path", self.request.target.partition("?")[0])

    @property
    def name(self) -> str:
        """By which its figures are told from those of others."""
        return self.request.name

    def expecting(self, expectation: Expectation) -> "RequestTemplate":
        """Return the template with another expectation."""
        return replace(self, request=replace(self.request, expectation=expectation))

    def fill(self, user: User) -> tuple[bytes, str]:
        """Return what is sent first for a user, and the path that is asked for, without its query.

        Raises:
            UsageError: a value cannot be sent where it is filled in.
        """
        if self.blanks is None:
            return self._head + user.cookie_line(self._path) + self._rest, self._path
        return self._filled(self.blanks, user)

    def _filled(self, blanks: Blanks, user: User) -> tuple[bytes, str]:
        target = blanks.target.fill(user.values)
        path = target.partition("?")[0]
        lines = [f"{self.request.method} {target} HTTP/1.1"]
        for name, filling in blanks.headers:
            value = filling.fill(user.values)
            if (unfit := unfit_in_header(name, value)) is not None:
                raise UsageError(f"request {self.name!r}: a value cannot be sent in a header: {unfit}.")
            lines.append(f"{name}: {value}")
        body = self._rest[2:] if blanks.body is None else blanks.body.fill(user.values).encode()
        if blanks.body is not None:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, ""]).encode("ascii")
        return head + user.cookie_line(path) + b"\r\n" + body, path
