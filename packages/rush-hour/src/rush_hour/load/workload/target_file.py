"""Target files: several requests with weights, in TOML.

[[requests]]
weight = 3
path = "/agents"

[[requests]]
method = "POST"
path = "/agents"
headers = { "Content-Type" = "application/json" }
body = '{"number": "100"}'
expect_status = "201"
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import SplitResult

from msgspec import Struct, field

from rush_hour.core.expectation import parse_statuses
from rush_hour.errors import RushHourError, UsageError
from rush_hour.load.workload.mix import RequestMix
from rush_hour.load.workload.request import Request, build_request
from rush_hour.load.workload.wire_text import unfit_in_target
from rush_hour.toml_file import TomlFile

Problem = Callable[[str, str], UsageError]  # of a key: what is wrong with it


class RequestSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request.

    Attributes:
        name: by which its figures are told from those of others; by default method and path.
        weight: how often it comes, in relation to the others.
        path: path and query.
        body_file: a file whose bytes are the body, relative to the target file.
        expect_status: such as `200` or `2xx`; by default that of a request sent before, if its method is a safe one.
    """

    path: str
    name: str | None = None
    weight: float = 1.0
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    body_file: str | None = None
    expect_status: str | None = None


class TargetSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A target file."""

    requests: list[RequestSpec]


def read_target_file(
    path: Path,
    url: SplitResult,
    headers: Sequence[str],
    *,
    seed: int,
    expect: Callable[[Request, frozenset[int] | None], Request],
) -> RequestMix:
    """Read and check a target file.

    Args:
        path: the file.
        url: whose server the requests are sent to.
        headers: lines that are sent with every request.
        seed: the same seed gives the same requests in the same order.
        expect: gives a request what is expected of its answer; told the statuses that the file expects.

    Raises:
        UsageError: the file cannot be read, or something in it is not what it must be.
    """
    file = TomlFile.read(path)
    specs: list[RequestSpec] = file.convert(TargetSpec).requests
    if not specs:
        raise file.error(("requests",), "expected at least one request, got none")
    if not sum(spec.weight for spec in specs) < math.inf and all(spec.weight < math.inf for spec in specs):
        raise file.error(("requests",), "expected weights whose sum is a number, got a larger one")
    requests: list[Request] = []
    for number, spec in enumerate(specs):

        def problem(key: str, what: str, number: int = number) -> UsageError:
            return file.error(("requests", number, key), what)

        request = _request(spec, url, headers, problem, file.path.parent)
        statuses = _statuses(spec, problem)
        try:
            requests.append(expect(request, statuses))
        except RushHourError as error:
            raise type(error)(f"{file.where(('requests', number))}: {error}") from error
    return RequestMix(tuple(requests), [spec.weight for spec in specs], seed)


def _request(spec: RequestSpec, url: SplitResult, headers: Sequence[str], problem: Problem, directory: Path) -> Request:
    if not 0 < spec.weight < math.inf:
        raise problem("weight", f"expected a number above 0, got {spec.weight!r}")
    if not spec.path.startswith("/"):
        raise problem("path", f"expected a path that starts with '/', got {spec.path!r}")
    if spec.body is not None and spec.body_file is not None:
        raise problem("body_file", "expected either body or body_file, got both")
    if (unfit := unfit_in_target(spec.path)) is not None:
        raise problem("path", f"expected visible ASCII characters alone, got {spec.path!r}: {unfit}")
    path, _, query = spec.path.partition("?")
    lines = [*headers, *(f"{name}: {value}" for name, value in spec.headers.items())]
    try:
        body = (spec.body or "").encode() if spec.body_file is None else (directory / spec.body_file).read_bytes()
        url = url._replace(path=path, query=query)
        request = build_request(url, lines, method=spec.method.upper(), body=body)
        return replace(request, name=spec.name or f"{request.method} {request.target}")
    except OSError as error:
        raise problem("body_file", f"expected a file, got {spec.body_file!r}: {error.strerror}") from error
    except UsageError as error:
        key = "method" if str(error).startswith("--method") else "headers"
        raise problem(key, str(error).rstrip(".")) from error


def _statuses(spec: RequestSpec, problem: Problem) -> frozenset[int] | None:
    if spec.expect_status is None:
        return None
    statuses = parse_statuses(spec.expect_status)
    if statuses is None:
        raise problem("expect_status", f"expected status codes such as 200 or 2xx, got {spec.expect_status!r}")
    return statuses
