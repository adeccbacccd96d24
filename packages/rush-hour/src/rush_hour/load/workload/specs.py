"""Requests as target files and suites have them: the keys, and what can be wrong with their values.

Both kinds of file have the same keys, and whatever is wrong is found when a file is read, before anything is sent.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from rush_hour.core.expectation import parse_statuses
from rush_hour.core.json_pointer import is_pointer
from rush_hour.errors import UsageError
from rush_hour.load.workload.data_file import read_rows
from rush_hour.load.workload.filling import Filling, as_target
from rush_hour.load.workload.user import CONNECTION, is_value_name
from rush_hour.load.workload.wire_text import is_token, unfit_in_header, unfit_in_target
from rush_hour.toml_file import KeyPath
from rush_hour.units import parse_duration_s

Problem = tuple[KeyPath, str]

BODIES = "'bytes', 'json', 'any' or 'sha256:' and 64 hexadecimal digits"
_EXPECTED_BODY = re.compile(r"bytes|json|any|sha256:[0-9A-Fa-f]{64}")
_METHOD = re.compile(r"[A-Za-z]+")


class ExpectSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The good answer to a request.

    Attributes:
        status: such as 200, `2xx` or `200,404`.
        body: `bytes` and `json` for what a request sent before was answered, `any`, or `sha256:` and a digest.
        json: a document that the body equals as JSON; a text is one.
    """

    status: int | str | None = None
    body: str | None = None
    json: Any = None


class TakeSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where in an answer a value is: one of these."""

    json: str | None = None
    header: str | None = None
    cookie: str | None = None
    pattern: str | None = None


class StepSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request.

    Attributes:
        path: path and query.
        name: by which its figures are told from those of others; by default method and path.
        body_file: a file whose bytes are the body, relative to the file that names it.
        form: fields that are the body, as a browser sends them.
        json: a value that is the body, as JSON.
        expect: the good answer; what is not said is that of a request sent before, if its method is a safe one.
        take: values that are taken from the answer, by name.
    """

    path: str
    name: str | None = None
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    body_file: str | None = None
    form: dict[str, str] | None = None
    json: Any = None
    expect: ExpectSpec = ExpectSpec()
    take: dict[str, TakeSpec] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its name, or method and path."""
        return self.name or f"{self.method.upper()} {self.path}"


class RequestSpec(StepSpec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several requests.

    Attributes:
        weight: how often it comes, in relation to the others.
    """

    weight: float = 1.0


class SessionSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The beginning of each connection's session.

    Attributes:
        requests: sent once on each connection, in this order, before anything is measured.
        data: a CSV file with a row of values for each user, relative to the file that names it.
        timeout: how long an answer may take.
    """

    requests: list[StepSpec] = field(default_factory=list)
    data: str | None = None
    timeout: str = "30s"


class WorkloadSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whatever is sent: the keys that target files and suites share."""

    requests: list[RequestSpec]
    session: SessionSpec | None = None


def workload_problems(spec: WorkloadSpec, directory: Path) -> Iterator[Problem]:
    """Find what the types do not say: each problem with its key.

    Args:
        spec: what was read.
        directory: of the file.
    """
    if not spec.requests:
        yield ("requests",), "expected at least one request, got none"
    if not sum(one.weight for one in spec.requests) < math.inf and all(one.weight < math.inf for one in spec.requests):
        yield ("requests",), "expected weights whose sum is a number, got a larger one"
    known = {CONNECTION}
    if spec.session is not None:
        yield from _session_problems(spec.session, directory, known)
    for number, one in enumerate(spec.requests):
        where: KeyPath = ("requests", number)
        if not 0 < one.weight < math.inf:
            yield (*where, "weight"), f"expected a number above 0, got {one.weight!r}"
        yield from _request_problems(one, directory, where, known, has_session=spec.session is not None)


def _session_problems(session: SessionSpec, directory: Path, known: set[str]) -> Iterator[Problem]:
    """Find what is wrong with a session; the names of the values that it has are added to those known."""
    try:
        parse_duration_s(session.timeout, what="")
    except UsageError as error:
        yield ("session", "timeout"), str(error).removeprefix(": ").rstrip(".")
    if session.data is not None:
        try:
            known.update(read_rows(directory / session.data)[0])
        except UsageError as error:
            yield ("session", "data"), str(error).rstrip(".")
    for number, step in enumerate(session.requests):
        yield from _request_problems(step, directory, ("session", "requests", number), known, has_session=True)
        known.update(step.take)


def _request_problems(
    one: StepSpec, directory: Path, where: KeyPath, known: set[str], *, has_session: bool
) -> Iterator[Problem]:
    for key, what in (
        *_target_problems(one.path),
        *_header_problems(one.headers, has_session=has_session),
        *_body_problems(one, directory),
        *_expect_problems(one.expect),
        *_take_problems(one.take),
        *_value_problems(one, known),
    ):
        yield (*where, *key), what
    if not _METHOD.fullmatch(one.method):
        yield (*where, "method"), f"expected a word such as GET or POST, got {one.method!r}"


def _target_problems(path: str) -> Iterator[Problem]:
    target = as_target(path)
    if not path.startswith("/") and target.literals != ("", ""):
        yield ("path",), f"expected a path that starts with '/', got {path!r}"
    unfit = next(filter(None, map(unfit_in_target, target.literals)), None)
    if unfit is not None:
        yield ("path",), f"expected visible ASCII characters alone, got {path!r}: {unfit}"


def _header_problems(headers: dict[str, str], *, has_session: bool) -> Iterator[Problem]:
    for name, value in headers.items():
        if (unfit := unfit_in_header(name, value)) is not None:
            yield ("headers", name), f"expected a name and a value in visible ASCII: {unfit}"
        if has_session and name.lower() == "cookie":
            yield ("headers", name), "expected no cookies: with [session] those are sent that the server has set"


def _body_problems(one: StepSpec, directory: Path) -> Iterator[Problem]:
    said = [key for key in ("body", "body_file", "form", "json") if getattr(one, key) is not None]
    if len(said) > 1:
        yield (said[-1],), f"expected one of body, body_file, form and json, got {' and '.join(said)}"
    if one.body_file is not None:
        try:
            (directory / one.body_file).open("rb").close()
        except OSError as error:
            yield ("body_file",), f"expected a file, got {one.body_file!r}: {error.strerror}"
    if one.json is not None and (what := _unfit_as_json(one.json)) is not None:
        yield ("json",), what
    lengths = [name for name in one.headers if name.lower() == "content-length"]
    if lengths and any(names for key, names in _blanks(one) if key[0] in {"body", "form", "json"}):
        yield ("headers", lengths[0]), "expected none: the length of a body with values in it is found when it is sent"


def _expect_problems(expect: ExpectSpec) -> Iterator[Problem]:
    if expect.status is not None and parse_statuses(str(expect.status)) is None:
        yield ("expect", "status"), f"expected status codes such as 200, '2xx' or '200,404'; got {expect.status!r}"
    if expect.body is not None and not _EXPECTED_BODY.fullmatch(expect.body):
        yield ("expect", "body"), f"expected {BODIES}; got {expect.body!r}"
    if expect.json is not None and expect.body is not None:
        yield ("expect", "json"), f"expected either body or json, got both: body is {expect.body!r}"
    if isinstance(expect.json, str):
        try:
            json.loads(expect.json)
        except (ValueError, RecursionError) as error:
            yield ("expect", "json"), f"expected JSON, got {expect.json!r}: {error}"
    elif expect.json is not None and (what := _unfit_as_json(expect.json)) is not None:
        yield ("expect", "json"), what


def _unfit_as_json(value: Any) -> str | None:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return f"expected what JSON has too (no dates, inf or nan), got {value!r}"
    return None


def _take_problems(takes: dict[str, TakeSpec]) -> Iterator[Problem]:
    for name, take in takes.items():
        key: KeyPath = ("take", name)
        said = [source for source in TakeSpec.__struct_fields__ if getattr(take, source) is not None]
        if not is_value_name(name):
            yield key, f"expected a name of letters, digits and underscores other than {CONNECTION!r}, got {name!r}"
        if len(said) != 1:
            yield key, f"expected one of json, header, cookie and pattern, got {' and '.join(said) or 'none'}"
        elif (what := _unfit_place(said[0], getattr(take, said[0]))) is not None:
            yield (*key, said[0]), what


def _unfit_place(source: str, place: str) -> str | None:
    if source == "json":
        return None if is_pointer(place) else f"expected a JSON pointer such as '/orders/0/id', got {place!r}"
    if source != "pattern":
        return None if is_token(place) else f"expected the name of a {source}, got {place!r}"
    try:
        groups = re.compile(place).groups
    except re.error as error:
        return f"expected a regular expression, got {place!r}: {error}"
    return None if groups < 2 else f"expected one group at most, for the value, got {groups}: {place!r}"


def _value_problems(one: StepSpec, known: set[str]) -> Iterator[Problem]:
    """Find values that no user can have when the request is sent."""
    for key, names in _blanks(one):
        if unknown := names - known:
            yield (
                key,
                (
                    f"expected values among {', '.join(sorted(known))}, which data or a request of the session gives; "
                    f"got {{{{{min(unknown)}}}}}"
                ),
            )


def _blanks(one: StepSpec) -> Iterator[tuple[KeyPath, frozenset[str]]]:
    """Yield the keys of a request whose texts may have values in them, and the names of these."""
    yield ("path",), Filling.parse(one.path).names
    for name, value in one.headers.items():
        yield ("headers", name), Filling.parse(value).names
    if one.body is not None:
        yield ("body",), Filling.parse(one.body).names
    for name, value in (one.form or {}).items():
        yield ("form", name), Filling.parse(name).names | Filling.parse(value).names
    if one.json is not None and _unfit_as_json(one.json) is None:
        yield ("json",), Filling.parse(json.dumps(one.json)).names
