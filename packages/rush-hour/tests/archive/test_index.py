"""With its index, a directory says what it says without: after any changes, in any order."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from history_documents import document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_systems import Maker

from rush_hour.archive import reading
from rush_hour.archive.index import INDEX_NAME
from rush_hour.archive.reading import Archive, read_archive
from rush_hour.results.file import encode_document

FILES = ("a/result.json", "a/other.json", "b/result.json", "c.json", "\N{REPLACEMENT CHARACTER}.json", "\x01.json")
LONG_AGO_NS = 1_600_000_000_000_000_000
Contents = Callable[[int], bytes]


@pytest.fixture
def contents(make: Maker) -> Contents:
    """Two documents, one without a time, other JSON, and what is cut short."""
    documents = [encode_document(document(make, 1, us)) for us in (1000, 2000)]
    other = [documents[0].replace(b'"started_at"', b'"begun_at"'), b'{"name": "x"}', documents[1][:-50]]
    size = max(map(len, [*documents, *other]))
    return lambda number: [*documents, *other][number].ljust(size)


def next_instant(directory: Path) -> None:
    """Wait until a change has another time than the last one: the kernel's clock goes in steps of milliseconds."""
    mark = directory.with_name("mark")
    mark.touch()
    last_ns = mark.stat().st_ctime_ns
    while mark.stat().st_ctime_ns == last_ns:
        time.sleep(0.0005)
        mark.touch()


def overwrite(directory: Path, file: str, _other: str, content: bytes) -> None:
    (directory / file).parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # a link to itself, or into a directory that is gone
        (directory / file).write_bytes(content)
        os.utime(directory / file, ns=(LONG_AGO_NS, LONG_AGO_NS))  # as all others


def replace_by_another(directory: Path, file: str, other: str, content: bytes) -> None:
    (directory / file).unlink(missing_ok=True)
    overwrite(directory, file, other, content)


def remove(directory: Path, file: str, _other: str, _content: bytes) -> None:
    (directory / file).unlink(missing_ok=True)


def swap(directory: Path, file: str, other: str, _content: bytes) -> None:
    if (directory / file).exists() and (directory / other).exists() and file != other:
        (directory / file).rename(directory / "kept")
        (directory / other).rename(directory / file)
        (directory / "kept").rename(directory / other)


def link(directory: Path, file: str, other: str, _content: bytes) -> None:
    (directory / file).parent.mkdir(parents=True, exist_ok=True)
    (directory / file).unlink(missing_ok=True)
    (directory / file).symlink_to(directory / other)


def swap_directories(directory: Path, _file: str, _other: str, _content: bytes) -> None:
    for one, other in (("a", "kept"), ("b", "a"), ("kept", "b")):
        if (directory / one).exists():
            (directory / one).rename(directory / other)


def copy_all(directory: Path, _file: str, _other: str, _content: bytes) -> None:
    shutil.copytree(directory, directory.with_name("copy"), symlinks=True)
    shutil.rmtree(directory)
    directory.with_name("copy").rename(directory)


def cut_index(directory: Path, _file: str, _other: str, content: bytes) -> None:
    index = directory / INDEX_NAME
    if index.exists():
        index.write_bytes(index.read_bytes()[: -1 - len(content) % 700])


def change_digit_of_index(directory: Path, _file: str, _other: str, _content: bytes) -> None:
    index = directory / INDEX_NAME
    if index.exists():
        index.write_bytes(index.read_bytes().replace(b'"runs":1,', b'"runs":7,'))


def keep_index(directory: Path, _file: str, _other: str, _content: bytes) -> None:
    if (directory / INDEX_NAME).exists():
        shutil.copy2(directory / INDEX_NAME, directory.with_name("old-index"))


def bring_index_back(directory: Path, _file: str, _other: str, _content: bytes) -> None:
    if directory.with_name("old-index").exists():
        shutil.copy2(directory.with_name("old-index"), directory / INDEX_NAME)


Change = Callable[[Path, str, str, bytes], None]
CHANGES: list[Change] = [
    overwrite, overwrite, overwrite, replace_by_another, remove, swap, link, swap_directories, copy_all, cut_index,
    change_digit_of_index, keep_index, bring_index_back,
]  # fmt: skip


def without_index(directory: Path) -> Archive:
    """What a directory says when all of it is read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read_index", lambda _directory: {})
        patch.setattr(reading, "write_index", lambda _directory, _entries: None)
        return read_archive(directory)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(CHANGES), st.sampled_from(FILES), st.sampled_from(FILES), st.integers(0, 4)),
        min_size=2,
        max_size=12,
    )
)
def test_a_directory_says_the_same_with_its_index_and_without(
    contents: Contents, tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[Change, str, str, int]]
) -> None:
    directory = tmp_path_factory.mktemp("archive") / "results"
    directory.mkdir()
    for number, file in enumerate(FILES):
        overwrite(directory, file, file, contents(number % 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "SETTLED_NS", 0)  # instead of two seconds between changes
        for change, file, other, content in changes:
            next_instant(directory)
            change(directory, file, other, contents(content))
            assert read_archive(directory).entries == without_index(directory).entries


def test_a_file_of_the_same_size_and_time_is_read_again(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SETTLED_NS", 0)
    directory = tmp_path / "results"
    overwrite(directory, "x.json", "", contents(0))
    next_instant(directory)

    assert [read_archive(directory).read for _ in range(2)] == [1, 0]
    overwrite(directory, "x.json", "", contents(1))
    archive = read_archive(directory)

    assert archive.read == 1
    assert [point.figures["p50"] for point in archive.points] == pytest.approx([2000])


def test_directories_that_change_their_names_are_read_again(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_one_instant(one: os.DirEntry[str]) -> SimpleNamespace:
        """What a file system says that knows no times of change but one."""
        facts = one.stat()
        return SimpleNamespace(
            st_ino=facts.st_ino, st_size=facts.st_size, st_mtime_ns=LONG_AGO_NS, st_ctime_ns=LONG_AGO_NS
        )

    monkeypatch.setattr(reading, "_facts", of_one_instant)
    directory = tmp_path / "results"
    for number, file in enumerate(("a/result.json", "b/result.json")):
        overwrite(directory, file, "", contents(number))
    before = read_archive(directory).points
    swap_directories(directory, "", "", b"")

    assert read_archive(directory).read == 2
    assert read_archive(directory).read == 0
    assert [point.figures for point in read_archive(directory).points] == [point.figures for point in before[::-1]]


def test_a_clock_that_was_set_back_has_files_read_again(
    contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overwrite(tmp_path, "x.json", "", contents(0))
    now_ns = time.time_ns()
    hour_ns = 3_600_000_000_000
    monkeypatch.setattr("rush_hour.archive.reading.time.time_ns", lambda: now_ns + hour_ns)
    assert [read_archive(tmp_path).read for _ in range(2)] == [1, 0]
    monkeypatch.setattr("rush_hour.archive.reading.time.time_ns", lambda: now_ns - hour_ns)

    assert [read_archive(tmp_path).read for _ in range(2)] == [1, 1]
