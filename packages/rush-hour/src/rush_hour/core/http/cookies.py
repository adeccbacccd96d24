"""Cookies of one user of one server (RFC 6265, section 5): `Set-Cookie` in, the value of `Cookie` out.

Not `http.cookiejar`'s: its jars hold those of many servers, and take tens of microseconds for each request. Pure: the
time is told.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

NEVER_S = float("inf")
_ATTRIBUTE_SPACE = " \t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One cookie.

    Attributes:
        path: below which it is sent.
        expires_at_s: seconds since the epoch.
        is_secure: whether it is for TLS alone.
    """

    name: str
    value: str
    path: str
    expires_at_s: float
    is_secure: bool


class CookieJar:
    """The cookies that a server has set for one user.

    Args:
        host: of the server, without its port.
        is_secure: whether it is asked over TLS.
    """

    __slots__ = ("_cookies", "_expires_at_s", "_host", "_is_secure", "_line")

    def __init__(self, host: str, *, is_secure: bool) -> None:
        self._host = host.lower()
        self._is_secure = is_secure
        self._cookies: dict[tuple[str, str], Cookie] = {}  # by name and path, in the order in which they were set
        self._expires_at_s = NEVER_S  # of the first that does
        self._line: str | None = None  # for any path, where all cookies are for all paths

    def store(self, headers: Iterable[str], path: str, now_s: float) -> None:
        """Take the values of an answer's `Set-Cookie` headers.

        Args:
            headers: the values.
            path: of the request that was answered, without its query.
            now_s: seconds since the epoch.
        """
        for header in headers:
            cookie = self._read(header, path, now_s)
            if cookie is None:
                continue
            key = cookie.name, cookie.path
            if cookie.expires_at_s <= now_s:
                self._cookies.pop(key, None)
            else:
                self._cookies[key] = cookie  # in the old one's place, if there was one (section 5.3, step 11)
        self._changed()

    def get(self, name: str) -> str | None:
        """Return the value of a cookie; None where there is none of that name."""
        return next((cookie.value for cookie in self._cookies.values() if cookie.name == name), None)

    def line(self, path: str, now_s: float) -> str:
        """Return the value of the `Cookie` header of a request; empty where no cookie is to be sent.

        Args:
            path: of the request, without its query.
            now_s: seconds since the epoch.
        """
        if now_s >= self._expires_at_s:
            self._cookies = {key: one for key, one in self._cookies.items() if one.expires_at_s > now_s}
            self._changed()
        if self._line is not None:
            return self._line
        sent = [cookie for cookie in self._cookies.values() if self._is_sent(cookie, path)]
        sent.sort(key=lambda cookie: -len(cookie.path))  # those set earlier stay before others (section 5.4, step 2)
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in sent)

    def _changed(self) -> None:
        cookies = self._cookies.values()
        self._expires_at_s = min((cookie.expires_at_s for cookie in cookies), default=NEVER_S)
        self._line = None
        if all(cookie.path == "/" for cookie in cookies):
            self._line = self.line("/", -NEVER_S)

    def _is_sent(self, cookie: Cookie, path: str) -> bool:
        return path_matches(path, cookie.path) and (self._is_secure or not cookie.is_secure)

    def _read(self, header: str, path: str, now_s: float) -> Cookie | None:
        """Read a header (section 5.2); None where there is no cookie in it, or none that this server may set."""
        pair, *attributes = header.split(";")
        name, is_pair, value = pair.partition("=")
        name = name.strip(_ATTRIBUTE_SPACE)
        if not is_pair or not name:
            return None
        known: dict[str, str] = {}
        for attribute in attributes:
            key, _, said = attribute.partition("=")
            known[key.strip(_ATTRIBUTE_SPACE).lower()] = said.strip(_ATTRIBUTE_SPACE)  # the last one counts
        if not self._is_ours(known.get("domain", "")):
            return None
        said_path = known.get("path", "")
        return Cookie(
            name=name,
            value=value.strip(_ATTRIBUTE_SPACE),
            path=said_path if said_path.startswith("/") else default_path(path),
            expires_at_s=_expiry_s(known, now_s),
            is_secure="secure" in known,
        )

    def _is_ours(self, domain: str) -> bool:
        """Whether a cookie of this domain is sent to this host (section 5.1.3)."""
        domain = domain.removeprefix(".").lower()
        if not domain or domain == self._host:
            return True
        return self._host.endswith(f".{domain}") and not _is_address(self._host)


def path_matches(path: str, cookie_path: str) -> bool:
    """Whether a request's path is at or below a cookie's (section 5.1.4)."""
    if path == cookie_path:
        return True
    return path.startswith(cookie_path) and (cookie_path.endswith("/") or path[len(cookie_path)] == "/")


def default_path(path: str) -> str:
    """Return the path of a cookie that says none: the directory of the request's (section 5.1.4)."""
    return path[: path.rfind("/")] or "/" if path.startswith("/") else "/"


def _expiry_s(attributes: dict[str, str], now_s: float) -> float:
    """Return when a cookie is over: what `Max-Age` says, or else `Expires`; never, where neither can be read."""
    max_age = attributes.get("max-age", "")
    if max_age.removeprefix("-").isdecimal():
        return now_s + int(max_age) if int(max_age) > 0 else -NEVER_S
    try:
        return parsedate_to_datetime(attributes.get("expires", "")).timestamp()
    except ValueError:
        return NEVER_S


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
