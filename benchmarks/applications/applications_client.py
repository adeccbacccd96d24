"""The client of a conversation: one kept connection for all HTTP requests, and a note of everything that came back."""

from collections.abc import Callable
from typing import Any, Self

import httpx
from applications_seen import Transcript

TIMEOUT_S = 120.0  # a server may listen long before an application that is slow to import answers


class Client:
    """Asks one server, and notes what it answers. A context manager.

    Args:
        port: of the server, on loopback.
        transcript: where everything is noted.
        stop: asks the server to end.

    Attributes:
        http: for requests that are not noted.
        address: of the server, as HOST:PORT.
        note: notes a step that is no HTTP request.
        stop: asks the server to end.
    """

    def __init__(self, port: int, transcript: Transcript, stop: Callable[[], None]) -> None:
        self.address = f"127.0.0.1:{port}"
        self.http = httpx.Client(
            base_url=f"http://{self.address}",
            timeout=TIMEOUT_S,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=None),
            trust_env=False,
            event_hooks={"response": [self._look_at_connection]},
        )
        self.note = transcript.note
        self.stop = stop
        self._transcript = transcript
        self._local_port: int | None = None
        self._is_kept = True

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.http.close()

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a resource, and note the answer; options are httpx's."""
        return self.ask("GET", path, **options)

    def ask(self, method: str, path: str, *, step: str | None = None, **options: Any) -> httpx.Response:
        """Send a request, and note the answer; options are httpx's, and `step` is another name of it."""
        answer = self.http.request(method, path, **options)
        self._note_answer(step or f"{method} {path}", answer, answer.content)
        return answer

    def lines(self, path: str, **options: Any) -> None:
        """Read a stream line by line, and note them all."""
        with self.http.stream("GET", path, **options) as answer:
            lines = [*answer.iter_lines()]
            self._note_answer(f"stream {path}", answer, lines)

    def stop_under_stream(self, path: str) -> None:
        """Ask the server to end when the first part of a stream is here, and note that the rest comes."""
        with self.http.stream("GET", path) as answer:
            answer.raise_for_status()
            parts = answer.iter_bytes()
            first = next(parts)
            self.stop()
            self._note_answer(f"stop during {path}", answer, first + b"".join(parts))

    def _note_answer(self, step: str, answer: httpx.Response, body: bytes | list[str]) -> None:
        status = f"{answer.http_version} {answer.status_code} {answer.reason_phrase}"
        fields = answer.headers.multi_items()
        self._transcript.note_answer(step, status, fields, body, on_kept_connection=self._is_kept)

    def _look_at_connection(self, answer: httpx.Response) -> None:
        """Know whether the answer comes on the same connection as the one before, while that is open."""
        local_port = answer.extensions["network_stream"].get_extra_info("client_addr")[1]
        self._is_kept = self._local_port in (None, local_port)
        self._local_port = local_port
