"""Workloads: the requests of a target file or suite, made for one server."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult

from rush_hour.core.expectation import Expectation, parse_statuses
from rush_hour.load.workload.data_file import read_rows
from rush_hour.load.workload.filling import Filling, as_form, as_json, as_target
from rush_hour.load.workload.mix import RequestMix, WeightedDraw
from rush_hour.load.workload.request import OneRequest, Request, Requests, build_request, header_lines
from rush_hour.load.workload.specs import ExpectSpec, StepSpec, TakeSpec, WorkloadSpec
from rush_hour.load.workload.template import Blanks, RequestTemplate
from rush_hour.load.workload.user import Take
from rush_hour.load.workload.user_mix import Session, UserMix
from rush_hour.load.workload.wanted import Wanted, pinned
from rush_hour.units import parse_duration_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Whatever is sent to one server, and what is said of the answers; not yet what is learned.

    Attributes:
        templates: the requests.
        wanted: what is said of the answer to each of them; the templates expect that, until more is learned.
        session: how each user begins.
        has_users: whether anything differs from user to user.
    """

    url: SplitResult
    templates: tuple[RequestTemplate, ...]
    wanted: tuple[Wanted, ...]
    weights: Sequence[float]
    session: Session
    has_users: bool
    seed: int

    @property
    def address(self) -> str:
        """The URL of the one request, or the server's."""
        url = self.url.geturl()
        return url if self.has_users or len(self.templates) > 1 else url + self.templates[0].request.target[1:]

    def users(self) -> UserMix:
        """Return the workload as that of users."""
        return UserMix(
            templates=self.templates,
            drawn=WeightedDraw(self.weights, self.seed),
            session=self.session,
            host=str(self.url.hostname),
            is_secure=self.url.scheme == "https",
        )

    def source(self) -> Requests | UserMix:
        """Return where requests come from."""
        if self.has_users:
            return self.users()
        if len(self.templates) == 1:
            return OneRequest(self.templates[0].request)
        return RequestMix(tuple(template.request for template in self.templates), self.weights, self.seed)

    def pinned(self) -> list[Wanted]:
        """Return what is wanted of other systems, after this is expected of one."""
        expected = [template.request.expectation for template in self.templates]
        return [pinned(one) if said.body is None else said for one, said in zip(expected, self.wanted, strict=True)]

    def expecting(self, expectations: Sequence[Expectation]) -> "Workload":
        """Return the workload with what is expected of the answer to each request."""
        pairs = zip(self.templates, expectations, strict=True)
        return replace(self, templates=tuple(template.expecting(expectation) for template, expectation in pairs))


def build_workload(
    spec: WorkloadSpec, directory: Path, url: SplitResult, headers: Sequence[str] = (), *, seed: int = 0
) -> Workload:
    """Return the requests of a file that `workload_problems` has nothing to say of.

    Args:
        spec: what was read.
        directory: of the file.
        url: whose server the requests are sent to.
        headers: lines that are sent with every request.
        seed: the same seed gives the same requests in the same order.

    Raises:
        UsageError: a header is not `Name: value`.
    """
    session = _session(spec, directory, url, headers)
    templates = tuple(_template(one, directory, url, headers) for one in spec.requests)
    wanted = tuple(wanted_of(one.expect) for one in spec.requests)
    return Workload(
        url=url,
        templates=tuple(one.expecting(said.said()) for one, said in zip(templates, wanted, strict=True)),
        wanted=wanted,
        weights=[one.weight for one in spec.requests],
        session=session,
        has_users=spec.session is not None or any(one.blanks is not None or one.takes for one in templates),
        seed=seed,
    )


def _session(spec: WorkloadSpec, directory: Path, url: SplitResult, headers: Sequence[str]) -> Session:
    if spec.session is None:
        return Session()
    said = spec.session
    steps = (
        _template(step, directory, url, headers).expecting(wanted_of(step.expect).said()) for step in said.requests
    )
    rows = Session().rows if said.data is None else read_rows(directory / said.data)
    return Session(steps=tuple(steps), rows=rows, timeout_s=parse_duration_s(said.timeout, what="timeout"))


def wanted_of(expect: ExpectSpec) -> Wanted:
    """Return what a file says of a good answer."""
    statuses = None if expect.status is None else parse_statuses(str(expect.status))
    if expect.json is not None:
        document = expect.json if isinstance(expect.json, str) else json.dumps(expect.json)
        return Wanted(statuses=statuses, body=Expectation(json=document))
    match expect.body:
        case None:
            return Wanted(statuses=statuses)
        case "bytes" | "json":
            return Wanted(statuses=statuses, learned="bytes" if expect.body == "bytes" else "json")
        case "any":
            return Wanted(statuses=statuses, body=Expectation())
        case digest:
            return Wanted(statuses=statuses, body=Expectation(sha256=digest.partition(":")[2].lower()))


def _template(one: StepSpec, directory: Path, url: SplitResult, headers: Sequence[str]) -> RequestTemplate:
    target, (body, kind) = as_target(one.path), _body(one, directory)
    lines = [*headers, *(f"{name}: {value}" for name, value in one.headers.items())]
    if kind is not None and "content-type" not in {name.lower() for name in one.headers}:
        lines.append(f"Content-Type: {kind}")
    fixed = body if isinstance(body, bytes) else body.parts[0].encode() if len(body.parts) == 1 else None
    request = _request(one, target, url, lines, fixed or b"")
    blanks = Blanks(
        target=target,
        headers=_header_fillings(header_lines(url, lines, fixed or b"")),
        body=None if fixed is not None or isinstance(body, bytes) else body,
    )
    return RequestTemplate(
        request=replace(request, name=one.name or f"{request.method} {request.target}"),
        blanks=blanks if blanks.names else None,
        takes=tuple(_take(name, take) for name, take in one.take.items()),
    )


def _request(one: StepSpec, target: Filling, url: SplitResult, lines: Sequence[str], body: bytes) -> Request:
    """Return a request as it is for all users; a path with blanks in it stands there as it was written."""
    method = one.method.upper()
    if not target.names:
        path, _, query = one.path.partition("?")
        return build_request(url._replace(path=path, query=query), lines, method=method, body=body)
    request = build_request(url._replace(path="/", query=""), lines, method=method, body=body)
    shown = "".join(f"{{{{{part}}}}}" if number % 2 else part for number, part in enumerate(target.parts))
    return replace(request, data=request.data.replace(b" / ", f" {shown} ".encode(), 1))


def _header_fillings(lines: Sequence[str]) -> tuple[tuple[str, Filling], ...]:
    pairs = (line.partition(": ") for line in lines)
    return tuple((name, Filling.parse(value)) for name, _, value in pairs)


def _body(one: StepSpec, directory: Path) -> tuple[Filling | bytes, str | None]:
    """Return a request's body, and the type of its content where that is known."""
    if one.body_file is not None:
        return (directory / one.body_file).read_bytes(), None
    if one.form is not None:
        return as_form(one.form), "application/x-www-form-urlencoded"
    if one.json is not None:
        return as_json(one.json), "application/json"
    return Filling.parse(one.body or ""), None


def _take(name: str, take: TakeSpec) -> Take:
    for source in ("json", "header", "cookie", "pattern"):
        place = getattr(take, source)
        if place is not None:
            return Take(name=name, source=source, place=place)
    raise AssertionError("a file that takes nothing is refused when it is read")
