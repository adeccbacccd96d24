"""Requests made from options, each with its good answer."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult

from rush_hour.commands import options
from rush_hour.commands.load_options import RequestOptions
from rush_hour.errors import UsageError
from rush_hour.load.probe import SAFE_METHODS, ask_once, expect_what_is_answered
from rush_hour.load.transport.address import Address
from rush_hour.load.transport.tls import Tls
from rush_hour.load.workload.request import OneRequest, Request, Requests, build_request
from rush_hour.load.workload.script import Script
from rush_hour.load.workload.target_file import read_target_file


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

    def expect(self, request: Request, asked: RequestOptions, statuses: frozenset[int] | None = None) -> Request:
        """Return a request with what is expected: as asked for, or as the server answers if asking changes nothing.

        Args:
            request: what to send.
            asked: says what is expected.
            statuses: of a good answer, where a target file says so.

        Raises:
            StartError: there is no server, or its answer is not a good one.
            UsageError: what is expected cannot be read or found out.
        """
        overridden = _overridden(request, asked, statuses)  # which also finds what is wrong with the options
        is_said = asked.expect_body not in {None, "probe"} and (asked.expect_status or statuses) is not None
        if asked.expect_body != "probe" and (request.method not in SAFE_METHODS or is_said):
            return overridden
        if not self.is_judged:
            ask_once(request, self.address, self.tls, timeout_s=self.timeout_s)
            return overridden
        said = overridden.expectation.statuses if (asked.expect_status or statuses) is not None else None
        probed = expect_what_is_answered(request, self.address, self.tls, statuses=said, timeout_s=self.timeout_s)
        if probed.expectation.body is None and asked.expect_body in {None, "probe"}:
            _tell_that_it_changes(request, asked)
        return _overridden(probed, asked, statuses)


def _tell_that_it_changes(request: Request, asked: RequestOptions) -> None:
    what = f"the body of {request.target} changes with each request"
    if asked.expect_body == "probe":
        raise UsageError(
            f"--expect-body: expected the same body from the server twice; {what}. "
            "Say what is good with any, sha256:HEX or json:TEXT."
        )
    sys.stderr.write(
        f"{what}: it is not looked at (--expect-body any says so, json:TEXT and sha256:HEX do otherwise)\n"
    )


def requests_for(asked: RequestOptions, url: SplitResult, server: Server, seed: int) -> Requests:
    """Return what is sent, with what is expected: as asked for, or as the server answers now."""
    if asked.target_file is not None and (asked.script is not None or asked.body is not None or asked.body_file):
        raise UsageError("--target-file: expected neither --script nor a body with it: the file has its own.")
    if asked.target_file is not None:
        return read_target_file(
            asked.target_file,
            url,
            asked.header,
            seed=seed,
            expect=lambda one, statuses: server.expect(one, asked, statuses),
        )
    if asked.body is not None and asked.body_file is not None:
        raise UsageError("--body: expected either --body or --body-file, got both.")
    body = _read_body(asked.body_file) if asked.body_file else (asked.body or "").encode()
    one = build_request(url, asked.header, method=asked.method, body=body)
    if asked.script is None:
        return OneRequest(server.expect(one, asked))
    if asked.expect_body == "probe":
        raise UsageError("--expect-body: expected no probe with --script, whose answers may differ.")
    script = Script(asked.script, url, _overridden(one, asked), asked.header)
    script.check()
    return script


def _read_body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"--body-file: {path} cannot be read: {error.strerror}.") from error


def _overridden(request: Request, asked: RequestOptions, statuses: frozenset[int] | None = None) -> Request:
    """Return a request with what was said of its answer; a target file has the last word."""
    expectation = request.expectation
    expected_body = None if asked.expect_body is None else options.parse_expected_body(asked.expect_body)
    if expected_body is not None:
        expectation = replace(expected_body, statuses=expectation.statuses)
    if asked.expect_body is not None:
        expectation = replace(expectation, is_guess=False)
    if asked.expect_status is not None:
        expectation = replace(expectation, statuses=options.parse_expected_statuses(asked.expect_status))
    if statuses is not None:
        expectation = replace(expectation, statuses=statuses)
    return replace(request, expectation=expectation)
