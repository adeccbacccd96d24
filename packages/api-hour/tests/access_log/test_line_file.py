"""The file of the access log: lines in groups, moved files, failures."""

import asyncio
import logging
import os
from pathlib import Path

import pytest
from event_loops import on_each_loop, until
from issued import open_descriptors

from api_hour.access_log import line_file
from api_hour.access_log.line_file import GROUP_BYTES, LineFile
from api_hour.errors import ConfigError


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_file, "FLUSH_INTERVAL_S", 0.001)


@on_each_loop
async def test_lines_are_written_soon(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    file = LineFile(str(path))

    file.write("first")
    file.write("second")
    assert path.read_text() == ""
    await until(lambda: path.read_text() == "first\nsecond\n")
    file.write("third")
    await until(lambda: path.read_text() == "first\nsecond\nthird\n")


def test_lines_are_written_in_groups_that_a_pipe_takes_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []

    def write(_fd: int, data: bytes) -> int:
        written.append(data)
        return len(data)

    monkeypatch.setattr(os, "write", write)
    lines = [*["x" * 99] * 100, "y" * 5000, "\N{SNOWMAN}\udcff"]

    async def run() -> None:
        file = LineFile(str(tmp_path / "a.log"))
        for line in lines:
            file.write(line)
        file.flush()

    asyncio.run(run())

    assert b"".join(written) == b"".join(line.encode("utf-8", "backslashreplace") + b"\n" for line in lines)
    assert [len(data) for data in written] == [4000, 4000, 2000, 5001, 10]
    assert all(len(data) <= GROUP_BYTES or data.count(b"\n") == 1 for data in written)


def test_a_write_that_takes_a_part_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.log"
    file = LineFile(str(path))
    file._lines = ["first", "second"]
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:3]))

    file.flush()

    assert path.read_text() == "first\nsecond\n"


def test_a_file_that_is_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    file = LineFile(str(path))
    before = open_descriptors()
    for line in ("first", "second"):
        file._lines = [line]
        file.flush()
        path.rename(tmp_path / line)
    (tmp_path / "a.log").write_text("")
    file._lines = ["third"]
    file.flush()

    assert (tmp_path / "first").read_text() == "first\n"
    assert (tmp_path / "second").read_text() == "second\n"
    assert path.read_text() == "third\n"
    assert open_descriptors() == before


def test_lines_that_cannot_be_written_are_lost_and_that_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    file = LineFile(str(path))
    write = os.write

    def fail(_fd: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    for function in (fail, fail, write, fail):
        monkeypatch.setattr(os, "write", function)
        file._lines = ["a line"]
        file.flush()

    message = "the access log cannot be written to, lines are lost: [Errno 28] No space left on device"
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(logging.ERROR, message)] * 2
    assert path.read_text() == "a line\n"


def test_nothing_is_written_when_there_is_nothing(tmp_path: Path) -> None:
    file = LineFile(str(tmp_path / "a.log"))
    (tmp_path / "a.log").unlink()

    file.flush()

    assert not (tmp_path / "a.log").exists()


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        LineFile(f"{tmp_path}/nowhere/a.log")

    assert str(caught.value) == (
        f"--access-log-file: {tmp_path}/nowhere/a.log cannot be written to: No such file or directory."
    )


def test_a_forked_child_does_not_write_what_its_parent_has_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    file = LineFile(str(path))
    file._lines = ["the parent's"]
    monkeypatch.setattr(os, "getpid", lambda: -1)

    file.flush()

    assert path.read_text() == ""
