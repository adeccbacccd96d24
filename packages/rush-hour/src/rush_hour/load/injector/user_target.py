"""Targets of users: what one user sends, and what its answer changes for that user."""

from typing import ClassVar

from rush_hour.core.expectation import BadAnswer
from rush_hour.core.http.http_response import HeadCache, ResponseHead
from rush_hour.core.records import REQUESTS_LIMIT
from rush_hour.credentials import printable
from rush_hour.load.injector.target import BEGINNING_BYTES, Target, phase_step
from rush_hour.load.workload.template import RequestTemplate
from rush_hour.load.workload.user import User
from rush_hour.load.workload.user_mix import UserMix


class UserTarget(Target):
    """A request of one user.

    Its answer is held against what all users' answers are, and is then heard by the user. So `statuses` is empty:
    none is good before that.

    Args:
        kind: the request as all users send it.
        template: what it is made of.
        user: who sends it.
        keeps_body: whether the body of a bad answer is kept, to be shown.
    """

    __slots__ = ("_kind", "_path", "_template", "_user")

    def __init__(self, kind: Target, template: RequestTemplate, user: User, *, keeps_body: bool) -> None:
        self._kind, self._template, self._user = kind, template, user
        self.data, self._path = template.fill(user)
        self.rest, self.closes = kind.rest, kind.closes
        self.tag, self.sent_tag = kind.tag, kind.sent_tag
        self.heads, self.get_head = kind.heads, kind.get_head
        self.keeps_body = keeps_body or kind.keeps_body or bool(template.takes)
        self.learns = kind.learns and not template.takes  # of chunks that are compared nobody has the body
        self.statuses = frozenset()

    @property
    def known_body(self) -> bytes | None:  # type: ignore[override]  # another answer may have come since it was sent
        """A body known to be good."""
        return self._kind.known_body

    @property
    def known_chunks(self) -> bytes | None:
        """A chunked body known to be good, as it came."""
        return self._kind.known_chunks

    @known_chunks.setter
    def known_chunks(self, chunks: bytes | None) -> None:
        self._kind.known_chunks = chunks

    @property
    def first_bad(self) -> BadAnswer | None:  # type: ignore[override]  # that of all users
        """What was wrong with the first answer that was not good; None without any."""
        return self._kind.first_bad

    def accepts(self, head: ResponseHead, body: bytes) -> bool:
        """Whether an answer is good; the user hears it, good or bad."""
        kind = self._kind
        is_good = kind.accepts(head, body)
        missing = self._user.hear(self._template.takes if is_good else (), self._path, head.headers, body)
        if missing is None:
            return is_good
        if kind.first_bad is None:
            begins = printable(body[:BEGINNING_BYTES].decode("utf-8", "replace").strip())
            kind.first_bad = BadAnswer(
                status=head.status, differs="value", what=missing, begins=begins, request=self._template.name
            )
        return False

    def refuse(self, head: ResponseHead, length_bytes: int) -> bool:
        """Refuse an answer whose body is too long to be looked at."""
        return self._kind.refuse(head, length_bytes)


class UserTargets:
    """The targets of users' requests.

    Args:
        mix: the plan's.
        close_all: whether no request follows another on its connection.
        connections: how many the plan has.

    Attributes:
        phase_ends_ns, phase_step: see `Targets`.
    """

    vary: ClassVar[bool] = True
    are_named: ClassVar[bool] = True

    def __init__(self, mix: UserMix, *, close_all: bool, connections: int) -> None:
        self._mix = mix
        self._close_all = close_all
        self._connections = connections
        self.phase_ends_ns: tuple[int, ...] = ()
        self.phase_step = phase_step(len(mix.names))
        self._numbers = {name: min(number, REQUESTS_LIMIT - 1) for number, name in enumerate(mix.names)}
        self._heads = {True: HeadCache("HEAD"), False: HeadCache("GET")}
        self._users: dict[int, User] = {}
        self._kinds: dict[RequestTemplate, Target] = {}
        self._is_session = False

    def begin(self, *, is_session: bool) -> None:
        """Begin a run: of the sessions' own requests, or of those that are measured."""
        self._is_session = is_session

    def first(self, _connection: int) -> Target:
        """Return what a connection has before it has sent anything: no user has yet the values that are filled in."""
        return self._kind(self._mix.templates[0])

    def get(self, number: int, connection: int) -> Target:
        """Return the target of the request of that number, which is on that connection."""
        user = self._users.get(connection)
        if user is None:
            user = self._users[connection] = self._mix.user_of(connection)
        template = self._template(number)
        kind = self._kinds.get(template)
        if kind is None:
            kind = self._kinds[template] = self._kind(template)
        return UserTarget(kind, template, user, keeps_body=self._is_session)

    def _template(self, number: int) -> RequestTemplate:
        if self._is_session:
            return self._mix.session.steps[number // self._connections]
        return self._mix.template_of(number)

    def _kind(self, template: RequestTemplate) -> Target:
        request = template.request
        return Target(
            request,
            self._heads[request.method == "HEAD"],
            None,
            closes=self._close_all,
            number=self._numbers.get(request.name, 0),
        )
