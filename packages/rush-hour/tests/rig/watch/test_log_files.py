from pathlib import Path

from rush_hour.results.evidence import LogLine, PartLog
from rush_hour.rig.watch.log_files import END_LINES, LogPosition, lines_between, read_part_log


def append(path: Path, text: str) -> None:
    with path.open("a") as log:
        log.write(text)


def test_only_what_was_written_in_between_is_read_with_its_place_in_the_whole_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, "warm-up\nmore of it\n")
    begin = LogPosition.at_end_of(log)
    append(log, "one\r\ntwo\n")
    end = LogPosition.at_end_of(log, begin)
    append(log, "shutdown\n")

    assert list(lines_between(log, begin, end)) == [LogLine(number=3, text="one"), LogLine(number=4, text="two")]
    assert (begin.lines, end.lines) == (2, 4)


def test_a_line_that_was_not_whole_is_read_as_far_as_it_was(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, "warm")
    begin = LogPosition.at_end_of(log)
    append(log, "-up\non")
    end = LogPosition.at_end_of(log, begin)
    append(log, "e\n")

    assert list(lines_between(log, begin, end)) == [LogLine(number=1, text="-up"), LogLine(number=2, text="on")]


def test_nothing_between_is_no_line(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    nowhere = LogPosition.at_end_of(log)
    assert nowhere == LogPosition(size_bytes=0, lines=0)

    assert list(lines_between(log, nowhere, LogPosition.at_end_of(log))) == []


def test_the_end_of_a_log_is_kept_with_the_lines_that_are_wanted(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    append(log, "".join(f"line {number}\n" for number in range(1, 101)))

    kept = read_part_log("proxy", log, {7, 100, 1000})

    assert kept == PartLog(
        role="proxy",
        name="a.log",
        lines=[LogLine(number=number, text=f"line {number}") for number in (7, *range(101 - END_LINES, 101))],
        lines_total=100,
    )


def test_an_empty_log_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    assert read_part_log("server", tmp_path / "a.log") == PartLog(role="server", name="a.log", lines=[], lines_total=0)


def test_what_a_terminal_would_obey_and_secrets_are_not_in_the_result(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"\x1b[31mred\xff\npostgresql://app:hunter2@host/db failed\nAuthorization: Basic aHVudGVyMg==\n")
    append(log, "x" * 1000)

    red, url, header, long = (line.text for line in read_part_log("server", log).lines)

    assert red == "\\x1b[31mred\ufffd"
    assert url == "postgresql://app:***@host/db failed"
    assert header == "Authorization: Basic ***"
    assert long == f"{'x' * 200}... (1,000 characters)"
