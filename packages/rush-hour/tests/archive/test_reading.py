"""Directories of documents: what is read, what is taken from the index, and what is passed over."""

import errno
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from history_documents import days, document, write
from made_systems import Maker

from rush_hour.archive.index import INDEX_NAME
from rush_hour.archive.notes import archive_notes
from rush_hour.archive.reading import read_archive
from rush_hour.errors import UsageError
from rush_hour.results.file import encode_document, write_document

LATER = "expected a result file of version 1 to 2, got version 99; read it with the release of Rush Hour that wrote it."
HOUR_NS = 3_600_000_000_000


@pytest.fixture
def results(make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three documents that were written an hour ago, as the clock has it."""
    now_ns = time.time_ns()
    monkeypatch.setattr("rush_hour.archive.reading.time.time_ns", lambda: now_ns + HOUR_NS)
    write(tmp_path, days(make, [1000, 1100, 1200]))
    return tmp_path


def test_documents_are_read_once(results: Path) -> None:
    first, second = read_archive(results), read_archive(results)

    assert (first.read, second.read) == (3, 0)
    assert [point.figures["p50"] for point in second.points] == pytest.approx([1000, 1100, 1200])
    assert second == replace(first, read=0)
    assert len((results / INDEX_NAME).read_bytes().splitlines()) == 4


def test_changed_added_and_removed_files_are_noticed(results: Path, make: Maker) -> None:
    read_archive(results)
    write_document(results / "001" / "result.json", document(make, 1, 3000))
    (results / "deep").mkdir()
    write_document(results / "deep" / "er.json", document(make, 7, 4000))
    (results / "002" / "result.json").unlink()

    archive = read_archive(results)

    assert archive.read == 2
    assert [point.figures["p50"] for point in archive.points] == pytest.approx([1000, 3000, 4000])
    assert read_archive(results).read == 0


def test_a_file_that_may_still_change_within_its_instant_is_not_kept(make: Maker, tmp_path: Path) -> None:
    write(tmp_path, days(make, [1000]))

    assert [read_archive(tmp_path).read for _ in range(2)] == [1, 1]
    assert not (tmp_path / INDEX_NAME).exists()


@pytest.mark.parametrize("content", ["", "{", '{"form":0,"schema_version":2,"release":"0"}\n', "\xff\n{}\n"])
def test_an_index_of_no_use_is_made_anew(results: Path, content: str) -> None:
    (results / INDEX_NAME).write_text(content, encoding="latin-1")

    assert [read_archive(results).read for _ in range(2)] == [3, 0]


def test_where_no_index_can_be_written_all_is_read_and_it_is_said(results: Path) -> None:
    (results / INDEX_NAME).mkdir()  # what holds for root, too

    archive = read_archive(results)

    assert archive.read == 3
    assert [note.partition(":")[0] for note in archive_notes(archive)] == [
        "No index was kept, so that the next time takes as long"
    ]


def test_another_command_that_writes_the_index_first_is_no_loss(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_file = Path.replace

    def behind_another(path: Path, target: Path) -> Path:
        replace_file(path, target)  # as the other one does
        return replace_file(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", behind_another)
        archive = read_archive(results)

    assert (archive.read, archive.index_lost) == (3, None)
    assert read_archive(results).read == 0


def test_what_is_no_document_is_passed_over_and_what_cannot_be_read_is_named(results: Path, make: Maker) -> None:
    (results / "package.json").write_text('{"name": "x"}')
    (results / "list.json").write_text("[1]")
    (results / "cut.json").write_text('{"schema_version": 2, "ki')
    (results / "later.json").write_text('{"schema_version": 99, "kind": "load"}')
    (results / ".hidden").mkdir()
    write_document(results / ".hidden" / "x.json", document(make, 1, 1))
    write_document(results / "undated.json", replace(document(make, 1, 1), started_at=None))
    write_document(results / "when.json", replace(document(make, 1, 1), started_at="yesterday"))
    write_document(results / "import.json", replace(document(make, 1, 1), kind="import"))
    (results / "deep.json").write_bytes(b'{"schema_version": 2, "kind": "load", "x": ' + b"[" * 100_000)
    (results / "early.json").write_bytes(
        encode_document(replace(document(make, 1, 1), started_at="0001-01-01T00:00+14:00"))
    )
    os.mkfifo(results / "pipe.json")
    (results / "gone.json").symlink_to(results / "nowhere")
    (results / "itself.json").symlink_to(results / "itself.json")

    archive = read_archive(results)

    assert len(archive.points) == 3
    assert list(archive_notes(archive)) == [
        "1 document is left out: of the kind import, which has no history.",
        "1 document is left out, for want of started_at: undated.json.",
        "cut.json: expected a result file: Input data was truncated.",
        "deep.json: expected a result file: it is nested too deeply.",
        "early.json: expected an instant as started_at, got '0001-01-01T00:00+14:00'.",
        "gone.json: the result cannot be read: No such file or directory.",
        "itself.json: the result cannot be read: Too many levels of symbolic links.",
        f"later.json: {LATER}",
        "pipe.json: expected a file for the result, got none.",
        "when.json: expected an instant as started_at, got 'yesterday'.",
    ]


def test_a_directory_that_cannot_be_read_is_named(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(path: Path) -> object:
        if path.name == "001":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr("rush_hour.archive.reading.os.scandir", refusing)
        for _ in range(2):
            archive = read_archive(results)

            assert len(archive.points) == 2
            assert list(archive_notes(archive)) == ["001/: the directory cannot be read: Permission denied."]
    assert len(read_archive(results).points) == 3


def test_a_file_that_could_not_be_read_is_tried_again(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refused)
        assert [entry.detail for entry in read_archive(results).entries] == [
            "the result cannot be read: Permission denied."
        ] * 3
    assert len(read_archive(results).points) == 3


def test_a_name_that_is_no_text_is_shown_as_far_as_it_is(results: Path, make: Maker) -> None:
    write_document(results / os.fsdecode(b"\xff.json"), document(make, 5, 1000))

    archive = read_archive(results)

    assert [point.file for point in archive.points][-1] == "\N{REPLACEMENT CHARACTER}.json"
    assert archive.index_lost is None


def test_texts_that_a_terminal_would_obey_are_harmless(make: Maker, tmp_path: Path) -> None:
    write(tmp_path, [document(make, 0, 1000, label="\x1b[2Jmain")])

    assert [point.label for point in read_archive(tmp_path).points] == ["\N{REPLACEMENT CHARACTER}[2Jmain"]


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        read_archive(tmp_path / "none")

    assert str(raised.value) == f"DIR: expected a directory with result files below it, got '{tmp_path / 'none'}'."
