"""Files as responses: conditions, ranges, static directories; over a real connection."""

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from descriptors import open_links
from event_loops import on_each_loop, run_in_loop, until
from http_connection import Answer, connected
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http import HttpError, HttpServer, Request, Response, Router, StaticFiles, file_response
from api_hour.http.files.body import PIECE_BYTES, FileBody
from api_hour.http.files.open_file import SMALL_BYTES, OpenFile, open_file, open_file_within
from api_hour.http.files.ranges import ByteRange
from api_hour.http.files.static import file_names
from api_hour.http.message.conditional import Validators
from api_hour.http.message.conditional_response import conditional_response
from api_hour.http.message.http_date import format_http_date

CHANGED_S = 1_700_000_000
LARGE = bytes(number % 251 for number in range(PIECE_BYTES * 2 + 10))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with files of both sizes, things that are no files, and a neighbour that is not to be served."""
    root = tmp_path / "site"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "small.txt").write_text("0123456789")
    (root / "empty.txt").write_text("")
    (root / "sub" / "large.bin").write_bytes(LARGE)
    (root / ".hidden").write_text("hidden")
    (root / "inside.txt").symlink_to("small.txt")
    (root / "outside.txt").symlink_to("../secret.txt")
    (root / "up").symlink_to("..")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    for path in (root / "small.txt", root / "sub" / "large.bin"):
        os.utime(path, (CHANGED_S, CHANGED_S))
    return root


def server(site: Path, **options: Any) -> HttpServer:
    router = Router()
    router.add("GET", "/static/{path:path}", StaticFiles(site, **options))
    return HttpServer(router)


async def ask(serving: HttpServer, path: str, *headers: str, method: str = "GET") -> Answer:
    lines = "\r\n".join([f"{method} {path} HTTP/1.1", "Host: a", *headers, "", ""])
    async with connected(serving) as connection:
        return await connection.ask(lines.encode())


def get(site: Path, path: str, *headers: str, method: str = "GET", **options: Any) -> Answer:
    async def main() -> Answer:
        return await ask(server(site, **options), path, *headers, method=method)

    answer = run_in_loop(main())
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize(
    ("path", "content", "content_type"),
    [
        ("small.txt", b"0123456789", "text/plain; charset=utf-8"),
        ("empty.txt", b"", "text/plain; charset=utf-8"),
        ("inside.txt", b"0123456789", "text/plain; charset=utf-8"),
        ("sub/large.bin", LARGE, "application/octet-stream"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_is_sent_with_its_type_and_length(
    site: Path, path: str, content: bytes, content_type: str, method: str
) -> None:
    answer = get(site, f"/static/{path}", method=method)

    assert answer.status == 200
    assert answer.body == (content if method == "GET" else b"")
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-type"] == content_type
    assert answer.headers["accept-ranges"] == "bytes"


def test_rfc_9110_8_8_a_file_has_an_entity_tag_and_a_date(site: Path) -> None:
    answer = get(site, "/static/small.txt")

    assert answer.headers["last-modified"] == format_http_date(CHANGED_S)
    assert answer.headers["etag"] == f'"{CHANGED_S * 10**9:x}-a"'
    os.utime(site / "small.txt", ns=(0, CHANGED_S * 10**9 + 1))
    assert get(site, "/static/small.txt").headers["etag"] != answer.headers["etag"]


def test_rfc_9110_8_8_2_1_last_modified_is_never_later_than_now(site: Path) -> None:
    os.utime(site / "small.txt", (2**33, 2**33))

    answer = get(site, "/static/small.txt")

    assert "2242" not in answer.headers["last-modified"]


@pytest.mark.parametrize("path", ["small.txt", "sub/large.bin"])
def test_rfc_9110_13_what_the_client_has_is_not_sent_again(site: Path, path: str) -> None:
    etag = get(site, f"/static/{path}").headers["etag"]

    answer = get(site, f"/static/{path}", f"If-None-Match: {etag}", headers=[("Cache-Control", "max-age=60")])
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)
    assert answer.headers["cache-control"] == "max-age=60"
    assert get(site, f"/static/{path}", f"If-Modified-Since: {format_http_date(CHANGED_S)}").status == 304
    assert get(site, f"/static/{path}", 'If-Match: "x"').status == 412


@pytest.mark.parametrize("path", ["small.txt", "sub/large.bin"])
def test_rfc_9110_15_3_7_one_range_is_a_part(site: Path, path: str) -> None:
    content = (site / path).read_bytes()

    answer = get(site, f"/static/{path}", "Range: bytes=2-4")
    assert (answer.status, answer.body) == (206, content[2:5])
    assert answer.headers["content-range"] == f"bytes 2-4/{len(content)}"
    assert get(site, f"/static/{path}", "Range: bytes=-3").body == content[-3:]


@pytest.mark.parametrize("path", ["small.txt", "sub/large.bin"])
def test_rfc_9110_15_3_7_2_several_ranges_are_a_multipart(site: Path, path: str) -> None:
    content = (site / path).read_bytes()

    answer = get(site, f"/static/{path}", "Range: bytes=0-1,-2")

    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    assert (answer.status, kind) == (206, "multipart/byteranges")
    assert "content-range" not in answer.headers
    first, second = answer.body.split(f"--{boundary}".encode())[1:3]
    assert first.endswith(b"\r\n\r\n" + content[:2] + b"\r\n")
    assert second.endswith(b"\r\n\r\n" + content[-2:] + b"\r\n")
    assert f"Content-Range: bytes 0-1/{len(content)}\r\n".encode() in first


@pytest.mark.parametrize("path", ["small.txt", "sub/large.bin"])
def test_rfc_9110_15_5_17_a_range_that_is_not_there_is_416(site: Path, path: str) -> None:
    size = (site / path).stat().st_size

    answer = get(site, f"/static/{path}", f"Range: bytes={size}-")
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{size}")


def test_rfc_9110_13_1_5_a_range_of_another_state_is_the_whole(site: Path) -> None:
    etag = get(site, "/static/small.txt").headers["etag"]

    assert get(site, "/static/small.txt", "Range: bytes=0-0", f"If-Range: {etag}").status == 206
    assert get(site, "/static/small.txt", "Range: bytes=0-0", 'If-Range: "x"').status == 200


def test_rfc_9110_14_2_a_range_is_for_get_and_what_is_malformed_is_ignored(site: Path) -> None:
    assert get(site, "/static/small.txt", "Range: bytes=0-0", method="HEAD").status == 200
    assert get(site, "/static/small.txt", "Range: lines=0-0").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "nowhere.txt",
        "sub",
        "sub/",
        "small.txt/",
        "small.txt/x",
        "../secret.txt",
        "sub/../../secret.txt",
        "%2e%2e/secret.txt",
        "%2e%2e%2fsecret.txt",
        "..%2Fsecret.txt",
        "sub/%2E%2E/%2E%2E/secret.txt",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "//etc/passwd",
        "./small.txt",
        ".hidden",
        "%2ehidden",
        "small.txt%00",
        "small%00.txt",
        "outside.txt",
        "up/secret.txt",
        "up/site/../secret.txt",
        "loop",
        "pipe",
        "x" * 300,
        "%FF",
        "..%5Csecret.txt",
    ],
)
def test_what_is_no_file_below_the_directory_is_404(site: Path, path: str) -> None:
    answer = get(site, f"/static/{path}")

    assert (answer.status, answer.body) == (404, b"there is no such file\n")


def test_a_file_that_must_not_be_read_and_a_socket_are_404(site: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        with pytest.raises(HttpError) as caught:
            open_file(str(tmp_path / "socket"))
    assert (caught.value.status, str(caught.value)) == (404, "there is no such file")
    with pytest.raises(HttpError):
        open_file("a\0b")
    with pytest.raises(HttpError):
        open_file_within(str(site), ["a\0b"])
    with pytest.raises(HttpError):
        open_file_within(str(site), [".."])


def test_a_link_that_is_put_there_after_the_check_is_not_followed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "realpath", str)  # as if there had been no link then

    with pytest.raises(HttpError) as caught:
        open_file_within(str(site), ["outside.txt"])
    assert caught.value.status == 404
    with pytest.raises(HttpError):
        open_file_within(str(site), ["up", "secret.txt"])


def test_a_failing_system_is_no_404(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "open", fail)

    with pytest.raises(OSError, match="Too many open files"):
        open_file(str(site / "small.txt"))
    with pytest.raises(OSError, match="Too many open files"):
        open_file_within(str(site), ["small.txt"])


NAME = st.sampled_from(["..", ".", "", "a", "b", "\0", "x.txt", "/"]) | st.text()


@given(st.lists(NAME, min_size=1).map("/".join))
def test_no_path_leaves_the_directory(path: str) -> None:
    try:
        names = file_names(path)
    except HttpError:
        return  # refused

    assert os.path.normpath("/".join(names)) == "/".join(names)
    assert not any(name in ("", ".", "..") or "/" in name or "\0" in name for name in names)


def test_a_compressed_neighbour_is_sent_to_those_who_accept_it(site: Path) -> None:
    (site / "small.txt.gz").write_bytes(b"compressed")

    answer = get(site, "/static/small.txt", "Accept-Encoding: gzip", precompressed=True)
    assert (answer.body, answer.headers["content-encoding"]) == (b"compressed", "gzip")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    plain = get(site, "/static/small.txt", precompressed=True)
    assert (plain.body, plain.headers["vary"]) == (b"0123456789", "Accept-Encoding")
    assert plain.headers["etag"] != answer.headers["etag"]
    assert "content-encoding" not in get(site, "/static/small.txt", "Accept-Encoding: gzip").headers
    assert "content-encoding" not in get(site, "/static/empty.txt", "Accept-Encoding: gzip", precompressed=True).headers


def test_a_compressed_neighbour_that_is_older_is_not_sent(site: Path) -> None:
    (site / "small.txt.gz").write_bytes(b"compressed")
    os.utime(site / "small.txt.gz", (CHANGED_S - 1, CHANGED_S - 1))

    assert get(site, "/static/small.txt", "Accept-Encoding: gzip", precompressed=True).body == b"0123456789"


@on_each_loop
async def test_a_handler_may_answer_with_a_file(tmp_path: Path) -> None:
    path = tmp_path / "report"
    path.write_text("a,b\n")

    async def report(request: Request) -> Response:
        return await file_response(request, path, content_type="text/csv", headers=[("X-A", "b")])

    router = Router()
    router.add("GET", "/report", report)
    answer = await ask(HttpServer(router), "/report")
    assert (answer.body, answer.headers["content-type"], answer.headers["x-a"]) == (b"a,b\n", "text/csv", "b")
    path.unlink()
    assert (await ask(HttpServer(router), "/report")).status == 404


@on_each_loop
async def test_a_file_is_read_in_pieces_outside_the_loop_as_the_client_takes_them(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_file(str(site / "sub" / "large.bin"))
    assert opened.content is None
    sizes: list[int] = []
    to_thread = asyncio.to_thread

    async def counting(read: Callable[..., bytes], *args: Any) -> bytes:
        assert read is os.pread
        piece = await to_thread(read, *args)
        sizes.append(len(piece))
        return piece

    monkeypatch.setattr(asyncio, "to_thread", counting)
    body = FileBody(opened, [b"<", ByteRange(0, len(LARGE) - 1), b">"])

    assert b"".join([piece async for piece in body]) == b"<" + LARGE + b">"
    assert sizes == [PIECE_BYTES, PIECE_BYTES, 10]
    await body.aclose()
    await body.aclose()
    assert opened.descriptor == -1


@on_each_loop
async def test_a_file_that_became_shorter_cuts_the_connection(site: Path) -> None:
    opened = open_file(str(site / "sub" / "large.bin"))
    os.truncate(site / "sub" / "large.bin", 5)
    body = FileBody(opened, [ByteRange(0, len(LARGE) - 1), b"never"])

    assert [piece async for piece in body] == [LARGE[:5]]
    await body.aclose()


@on_each_loop
async def test_a_file_is_closed_when_the_client_is_gone(site: Path) -> None:
    huge = site / "huge.bin"
    huge.touch()
    os.truncate(huge, 64 * 1024 * 1024)
    async with connected(server(site)) as connection:
        connection.send(b"GET /static/huge.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        await connection.reader.readuntil(b"\r\n\r\n")
        assert str(huge) in open_links()
    await until(lambda: str(huge) not in open_links())


def test_a_file_that_is_never_sent_is_closed(site: Path) -> None:
    opened: OpenFile | None = open_file(str(site / "sub" / "large.bin"))
    assert opened is not None
    descriptor = opened.descriptor
    opened = None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_small_file_is_read_at_once(site: Path) -> None:
    (site / "edge.bin").write_bytes(bytes(SMALL_BYTES))

    opened = open_file(str(site / "edge.bin"))

    assert (opened.descriptor, opened.content) == (-1, bytes(SMALL_BYTES))


def test_rfc_9110_13_2_a_handler_asks_for_the_conditions_of_its_request() -> None:
    current = Validators(etag='"v7"')

    def answer(method: str, name: bytes, value: bytes, known: Validators | None = current) -> Response | None:
        return conditional_response(Request(method, b"/", [(name, value)], None), known, headers=[("Vary", "X")])

    not_modified = answer("GET", b"if-none-match", b'"v7"')
    assert not_modified is not None
    assert (not_modified.status, not_modified.headers) == (304, [("ETag", '"v7"'), ("Vary", "X")])
    failed = answer("PUT", b"if-match", b'"v6"')
    assert failed is not None
    assert (failed.status, failed.body) == (412, b"what is here is not what the request expects; read it again\n")
    assert answer("PUT", b"if-match", b'"v7"') is None
    created_twice = answer("PUT", b"if-match", b"*", None)
    assert created_twice is not None
    assert created_twice.status == 412
