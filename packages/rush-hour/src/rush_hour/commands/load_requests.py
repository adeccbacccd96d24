"""Requests made from options, each with its good answer."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult

from rush_hour.commands import options
from rush_hour.commands.load_options import RequestOptions
from rush_hour.errors import UsageError
from rush_hour.load.learning import Terms, WrongAnswer, learn, learn_workload, not_looked_at
from rush_hour.load.probe import Answer, ask_once
from rush_hour.load.transport.address import Address
from rush_hour.load.transport.tls import Tls
from rush_hour.load.workload.request import OneRequest, Request, Requests, build_request
from rush_hour.load.workload.script import Script
from rush_hour.load.workload.target_file import read_target_file
from rush_hour.load.workload.user_mix import UserMix
from rush_hour.load.workload.wanted import Wanted
from rush_hour.load.workload.workload import build_workload

OF_OPTIONS = Terms(status="--expect-status {0}", body="any, sha256:HEX or json:TEXT")


@dataclass(frozen=True, slots=True)
class Server:
    """The server, asked for its answer before the load.

    Attributes:
        timeout_s: for connecting, and for an answer.
        is_judged: whether an answer that nobody wants ends the command; wrk2 takes any.
    """

    address: Address
    tls: Tls | None
    timeout_s: float
    is_judged: bool

    def ask(self, request: Request, timeout_s: float | None = None) -> Answer:
        """Send a request and return its answer.

        Args:
            request: what to send.
            timeout_s: for connecting, and for the answer; None for the server's.

        Raises:
            StartError: there is none.
        """
        return ask_once(request, self.address, self.tls, timeout_s=timeout_s or self.timeout_s)


def requests_for(asked: RequestOptions, url: SplitResult, server: Server, seed: int) -> Requests | UserMix:
    """Return what is sent, with what is expected: as asked for, or as the server answers now.

    Raises:
        StartError: there is no server, or its answer is not a good one.
        UsageError: an option or file is not what it must be, or what is expected cannot be found out.
    """
    wanted = _wanted(asked)
    if asked.target_file is not None:
        if asked.script is not None or asked.body is not None or asked.body_file:
            raise UsageError("--target-file: expected neither --script nor a body with it: the file has its own.")
        return _of_file(asked.target_file, url, asked.header, wanted, server=server, seed=seed)
    if asked.body is not None and asked.body_file is not None:
        raise UsageError("--body: expected either --body or --body-file, got both.")
    body = _read_body(asked.body_file) if asked.body_file else (asked.body or "").encode()
    one = build_request(url, asked.header, method=asked.method, body=body)
    if asked.script is None:
        return OneRequest(_learned(one, wanted, server))
    if wanted.learned != "guess":
        raise UsageError("--expect-body: expected no probe with --script, whose answers may differ.")
    script = Script(asked.script, url, replace(one, expectation=wanted.said()), asked.header)
    script.check()
    return script


def _of_file(
    path: Path, url: SplitResult, headers: Sequence[str], wanted: Wanted, *, server: Server, seed: int
) -> Requests | UserMix:
    """Return the requests of a target file, which has the last word on what is expected."""
    file, spec = read_target_file(path)
    workload = build_workload(spec, path.parent, url, headers, seed=seed)
    each = [_with_last_word(one, wanted) for one in workload.wanted]
    if not server.is_judged:
        server.ask(build_request(url))
        return workload.expecting([one.said() for one in each]).source()
    learned, changing = learn_workload(workload, each, server.ask, file.where)
    for target in changing:
        _tell(not_looked_at(target, has_users=workload.has_users))
    return learned.source()


def _learned(request: Request, wanted: Wanted, server: Server) -> Request:
    if not server.is_judged:
        if wanted.needs_asking(request.method):
            server.ask(request)
        return replace(request, expectation=wanted.said())
    try:
        expectation = learn(request, wanted, lambda _turn: server.ask(request), OF_OPTIONS)
    except WrongAnswer as error:
        raise error.at("URL") from error
    except UsageError as error:
        raise UsageError(f"--expect-body: {error}") from error
    if wanted.body is None and wanted.needs_asking(request.method) and not expectation.needs_body:
        _tell(not_looked_at(request.target, has_users=False))
    return replace(request, expectation=expectation)


def _tell(what: str) -> None:
    sys.stderr.write(f"{what} (--expect-body any says so, json:TEXT and sha256:HEX do otherwise)\n")


def _read_body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"--body-file: {path} cannot be read: {error.strerror}.") from error


def _wanted(asked: RequestOptions) -> Wanted:
    """Return what the options say of a good answer."""
    statuses = None if asked.expect_status is None else options.parse_expected_statuses(asked.expect_status)
    if asked.expect_body is None:
        return Wanted(statuses=statuses)
    body = options.parse_expected_body(asked.expect_body)
    return Wanted(statuses=statuses, body=body, learned="guess" if body is not None else "bytes")


def _with_last_word(said: Wanted, by_default: Wanted) -> Wanted:
    """Return what is wanted where one says something, and what another does where it does not."""
    statuses = said.statuses or by_default.statuses
    last = by_default if said.body is None and said.learned == "guess" else said
    return replace(last, statuses=statuses)
