"""Logs, read for signs: line by line, and a traceback as one event that its last line names."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rush_hour.credentials import hide_in_line, printable
from rush_hour.judge.explain import nginx_signs, server_signs
from rush_hour.judge.explain.facts import LogPiece
from rush_hour.judge.explain.finding import Finding
from rush_hour.judge.explain.nginx_signs import NGINX_SIGNS, OTHER_OF_NGINX
from rush_hour.judge.explain.postgres_signs import OTHER_OF_POSTGRES, POSTGRES_SIGNS
from rush_hour.judge.explain.server_signs import EXCEPTION, EXCEPTION_SIGNS, SERVER_SIGNS
from rush_hour.judge.explain.sign import Sign
from rush_hour.judge.explain.tracebacks import Raised, with_tracebacks_as_one
from rush_hour.results.evidence import LogLine

SHOWN_CHARACTERS = 160
OTHER_KINDS_LIMIT = 10  # of what no sign tells apart, for each log

_OF_NGINX = re.compile(r"\[(?:error|crit|alert|emerg)\] \S+ (?:\*\d+ )?(?P<what>.*?)(?:, client: .*)?$")
_OF_POSTGRES = re.compile(r"(?P<level>ERROR|FATAL|PANIC|LOG):  (?P<what>.*)")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A sign in a line, or in the last line of a traceback."""

    sign: Sign
    line: LogLine


def read_log(log: LogPiece) -> list[Finding]:
    """Return what a log says went wrong, without secrets; each sign once, in the order of their first lines."""
    findings: dict[tuple[str, str], Finding] = {}
    for seen in _READERS.get(log.role, _see_in_server)(log.lines):
        sign, text = seen.sign, seen.line.text
        key = sign.code, sign.what if sign.shown else _DIGITS.sub("N", text[:SHOWN_CHARACTERS])
        finding = findings.get(key)
        if finding is None:
            if not sign.shown and sum(code == sign.code for code, _ in findings) >= OTHER_KINDS_LIMIT:
                key = sign.code, ""
            finding = findings.setdefault(key, _found_first(sign, log, seen.line))
        finding.count += 1
        if sign.process is not None and (match := sign.process.search(text)):
            finding.processes[match["process"]] += 1
    return list(findings.values())


def _found_first(sign: Sign, log: LogPiece, line: LogLine) -> Finding:
    text = printable(hide_in_line(line.text))
    text = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
    return Finding(
        sign=sign,
        role=log.role,
        program=log.program if log.role == "server" else sign.program,
        what=sign.what or text,
        shown=sign.shown or (text if sign.what else ""),
        cause=sign.cause,
        log=log.name,
        line=line.number,
    )


def _first_in(line: str, signs: Iterable[Sign]) -> Sign | None:
    for sign in signs:
        if sign.is_in(line):
            return sign
    return None


def _has_any(line: str, words: Iterable[str]) -> bool:
    for word in words:  # noqa: SIM110  # twice as fast as any()
        if word in line:
            return True
    return False


def _see_in_nginx(lines: Iterable[LogLine]) -> Iterator[Seen]:
    for line in lines:
        if not _has_any(line.text, nginx_signs.MARKS):
            continue
        sign = _first_in(line.text, NGINX_SIGNS) or OTHER_OF_NGINX
        match = _OF_NGINX.search(line.text) if sign is OTHER_OF_NGINX else None
        yield Seen(sign=sign, line=line if match is None else LogLine(number=line.number, text=match["what"]))


def _see_in_postgres(lines: Iterable[LogLine]) -> Iterator[Seen]:
    for line in lines:
        if (match := _OF_POSTGRES.search(line.text)) is None:
            continue
        sign = _first_in(line.text, POSTGRES_SIGNS) or OTHER_OF_POSTGRES
        if match["level"] != "LOG" or sign is not OTHER_OF_POSTGRES:
            yield Seen(sign=sign, line=LogLine(number=line.number, text=match["what"]))


def _see_in_server(lines: Iterable[LogLine]) -> Iterator[Seen]:
    for line in with_tracebacks_as_one(lines):
        if isinstance(line, Raised):
            sign = _first_in(line.text, EXCEPTION_SIGNS) or EXCEPTION
            yield Seen(sign=sign, line=LogLine(number=line.number, text=line.text))
        elif _has_any(line.text, server_signs.MARKS) and (known := _first_in(line.text, SERVER_SIGNS)) is not None:
            yield Seen(sign=known, line=line)


_READERS: dict[str, Callable[[Iterable[LogLine]], Iterator[Seen]]] = {
    "proxy": _see_in_nginx,
    "database": _see_in_postgres,
}
