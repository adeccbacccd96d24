import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rush_hour import output_file
from rush_hour.errors import OutputLost, UsageError
from rush_hour.output_file import check_files, check_writable, write_output


def test_an_earlier_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_output(tmp_path / "r", b"one")
    write_output(tmp_path / "r", b"other")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("r", b"other")]


def test_a_file_that_cannot_be_finished_leaves_the_earlier_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the file is written."""

    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    write_output(tmp_path / "r", b"one")
    monkeypatch.setattr("os.fsync", interrupt)

    with pytest.raises(KeyboardInterrupt):
        write_output(tmp_path / "r", b"other")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("r", b"one")]


def lost(path: Path) -> str:
    with pytest.raises(OutputLost) as caught:
        write_output(path, b"all")
    return str(caught.value)


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        check_writable(path)
    return str(caught.value)


@pytest.mark.parametrize(("name", "reason"), [("none/r", "No such file or directory"), ("file/r", "Not a directory")])
@pytest.mark.parametrize("attempt", [refused, lost])
def test_a_place_that_cannot_be_written_is_told_before_and_after_the_run(
    tmp_path: Path, attempt: Callable[[Path], str], name: str, reason: str
) -> None:
    (tmp_path / "file").touch()

    assert attempt(tmp_path / name) == f"{tmp_path / name}: the result cannot be written: {reason}."


def test_a_directory_is_no_place_for_a_result(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: expected a file for the result, got a directory."
    assert lost(tmp_path) == f"{tmp_path}: the result cannot be written: Is a directory."


def test_each_file_has_a_place_of_its_own_by_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "r").touch()
    (tmp_path / "link").symlink_to("r")

    with pytest.raises(UsageError) as caught:
        check_files({"--json": tmp_path / "r", "--html": tmp_path / "link"}, {})

    assert str(caught.value) == f"--html: expected another file than that of --json, got {str(tmp_path / 'link')!r}."


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "r").touch()

    with pytest.raises(UsageError) as caught:
        check_files({"--json": tmp_path / "none" / ".." / "r"}, {"--script": tmp_path / "r"})

    assert "expected another file than that of --script" in str(caught.value)


def test_a_device_may_be_named_twice() -> None:
    stream, device = Path("/dev/stdout"), Path("/dev/null")

    check_files({"--json": stream, "--html": stream, "--csv": device, "--hlog": device}, {"--script": device})


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("an earlier one")

    check_writable(tmp_path / "r")
    check_writable(tmp_path / "new")

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("r", "an earlier one")]


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "r", tmp_path / "link"
    if exists:
        target.write_text("an earlier one")
    link.symlink_to("there/r")

    check_writable(link)
    write_output(link, b"all")

    assert link.is_symlink()
    assert target.read_bytes() == b"all"
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["r"]


def test_a_link_that_leads_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")

    assert "the result cannot be written: " in refused(tmp_path / "link")
    assert "the result cannot be written: " in lost(tmp_path / "link")


def test_the_reader_of_a_named_pipe_gets_all_and_sees_nothing_before(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = bytes(range(256)) * 4096  # more than a pipe holds
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()

    check_writable(pipe)
    write_output(pipe, data)

    reader.join()
    assert read == [data]
    assert pipe.is_fifo()


def test_a_named_pipe_that_nobody_reads_is_told_and_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_file, "READER_TIMEOUT_S", 0.0)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    assert lost(pipe) == f"{pipe}: the result cannot be written: nobody reads from this pipe."


def test_a_full_device_is_told() -> None:
    check_writable(Path("/dev/full"))

    assert lost(Path("/dev/full")) == "/dev/full: the result cannot be written: No space left on device."


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_to_where_it_is_and_not_replaced(tmp_path: Path, name: str) -> None:
    code = (
        "from pathlib import Path; from rush_hour.output_file import check_files, check_writable, write_output\n"
        f"path = Path({name!r}); check_writable(path); print('before'); write_output(path, b'all'); print('after')"
    )
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)

    assert (tmp_path / "out").read_text() == "before\nallafter\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
