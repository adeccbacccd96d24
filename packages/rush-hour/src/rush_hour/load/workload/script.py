"""A Python file that says what is sent: what `-s` takes where wrk2 takes Lua.

A script defines any of

    request(number, connection)      the request of that number, which is on that connection: a Request, a path, or all
                                     the bytes
    response(status, headers, body, connection)
                                     called with each answer; returning False makes it a bad one
    done(summary)                    called once at the end, in the main process, with the run's LoadResult

`connection`, its number from 0, may be left out by those that need not know it.

`request` and `response` run inside the processes of the load generator, between two requests: what they take is the
generator's own time, and shows as send lag.
"""

import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import SplitResult

from rush_hour.errors import UsageError
from rush_hour.load.workload.request import Request, ResponseHook, build_request
from rush_hour.results.run import LoadResult

MODULE = "<script>"  # the name of its module
ARGUMENTS = {
    "request": ("number", "connection"),
    "response": ("status", "headers", "body", "connection"),
    "done": ("summary",),
}
HOOKS = tuple(ARGUMENTS)


@dataclass(slots=True)
class Script:
    """A script, run again in each process that uses it.

    Args:
        path: the file.
        url: paths that `request` returns are asked of its server.
        fallback: the request that is sent without a `request` function; what is expected of every answer.
        headers: lines that are sent with each path.
        source: what is in the file; None to read it when it is needed.
    """

    varies: ClassVar[bool] = True
    are_few: ClassVar[bool] = False
    names: ClassVar[Sequence[str]] = ()
    path: Path
    url: SplitResult
    fallback: Request
    headers: tuple[str, ...] = ()
    source: bytes | None = None
    _names: dict[str, Any] | None = None
    _request: Callable[[int, int], object] | None = None

    def __reduce__(self) -> tuple[type["Script"], tuple[Path, SplitResult, Request, tuple[str, ...], bytes]]:
        """Leave the functions out, which cannot be sent to another process, and the file in, which may not be there."""
        return Script, (self.path, self.url, self.fallback, self.headers, self._read())

    def check(self) -> None:
        """Read the file now.

        Raises:
            UsageError: it cannot be read, raises, or has none of the functions.
        """
        functions = [name for name in HOOKS if callable(self._functions().get(name))]
        if not functions:
            raise UsageError(f"--script: {self.path}: expected a function request, response or done; found none.")
        for name in functions:
            self._takes_connection(name, self._functions()[name])

    def get(self, number: int, connection: int) -> Request:
        """Return what `request` says.

        Raises:
            UsageError: it returns something else than a Request, a path or bytes.
        """
        if self._request is None:
            self._request = self._function("request") or (lambda _number, _connection: self.fallback)
        asked = self._request(number, connection)
        if isinstance(asked, Request):
            return asked
        if isinstance(asked, bytes):
            method = asked.partition(b" ")[0].decode("latin-1")
            return Request(method=method, data=asked, expectation=self.fallback.expectation)
        if isinstance(asked, str) and asked.startswith("/"):
            try:
                return self._path_request(asked)
            except UsageError as error:
                raise UsageError(f"--script: {self.path}: request({number}): {error}") from error
        raise UsageError(f"--script: request({number}): expected a Request, a path or bytes, got {asked!r}.")

    @property
    def on_response(self) -> ResponseHook | None:
        """The `response` function; None without one."""
        return self._function("response")

    def done(self, result: LoadResult) -> None:
        """Call the `done` function if there is one."""
        function = self._functions().get("done")
        if function is not None:
            self._call("done", function, result)

    def _path_request(self, path: str) -> Request:
        asked, _, query = path.partition("?")
        url = self.url._replace(path=asked, query=query)
        return build_request(url, self.headers, method=self.fallback.method, expectation=self.fallback.expectation)

    def _function(self, name: str) -> Callable[..., Any] | None:
        """Return a function of the script as one that is told the connection last; None where there is none."""
        function = self._functions().get(name)
        if function is None:
            return None
        if self._takes_connection(name, function):
            return lambda *arguments: self._call(name, function, *arguments)
        return lambda *arguments: self._call(name, function, *arguments[:-1])

    def _takes_connection(self, name: str, function: Callable[..., object]) -> bool:
        """Whether a function can be told the connection.

        Raises:
            UsageError: it can be called neither with it nor without.
        """
        told = ARGUMENTS[name]
        for arguments in (told, told[:-1] if told[-1] == "connection" else told):
            try:
                inspect.signature(function).bind(*arguments)
            except TypeError:
                continue
            return arguments[-1] == "connection"
        raise UsageError(f"--script: {self.path}: expected {name}({', '.join(told)}), got another signature.")

    def _call(self, name: str, function: Callable[..., object], *arguments: object) -> object:
        try:
            return function(*arguments)
        except Exception as error:
            raise UsageError(f"--script: {self.path}: {name}() raised {type(error).__name__}: {error}") from error

    def _functions(self) -> dict[str, Any]:
        if self._names is None:
            module = sys.modules[MODULE] = ModuleType(MODULE)
            module.__file__ = str(self.path)
            try:
                exec(compile(self._read(), self.path, "exec"), module.__dict__)  # noqa: S102  # what it is there for
            except Exception as error:
                raise UsageError(f"--script: {self.path}: {type(error).__name__}: {error}") from error
            self._names = module.__dict__
        return self._names

    def _read(self) -> bytes:
        if self.source is None:
            self.source = self.path.read_bytes()
        return self.source
