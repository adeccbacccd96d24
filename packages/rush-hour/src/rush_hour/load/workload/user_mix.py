"""Several requests of users: each connection is one, and begins with a session of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rush_hour.core.http.cookies import CookieJar
from rush_hour.load.workload.mix import WeightedDraw
from rush_hour.load.workload.template import RequestTemplate
from rush_hour.load.workload.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The beginning of each user's session.

    Attributes:
        steps: requests that each sends once, in this order.
        rows: values of users: that of connection j is row j, counted round.
        timeout_s: how long an answer may take, in seconds.
    """

    steps: tuple[RequestTemplate, ...] = ()
    rows: tuple[Mapping[str, str], ...] = field(default=({},), repr=False)
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMix:
    """Several requests, drawn by their weights, and sent as the user of their connection sends them.

    Attributes:
        templates: at least one.
        drawn: by their weights.
        session: how each user begins.
        host: of the server, for which cookies are kept.
        is_secure: whether it is asked over TLS.
    """

    templates: tuple[RequestTemplate, ...]
    drawn: WeightedDraw
    session: Session
    host: str
    is_secure: bool

    @property
    def names(self) -> list[str]:
        """The names of the requests, each once."""
        return list(dict.fromkeys(template.name for template in self.templates))

    def template_of(self, number: int) -> RequestTemplate:
        """Return the template drawn for this number."""
        return self.templates[self.drawn.draw(number)]

    def user_of(self, connection: int) -> User:
        """Return the user of a connection, before it has sent anything."""
        rows = self.session.rows
        return User(connection, rows[connection % len(rows)], CookieJar(self.host, is_secure=self.is_secure))
