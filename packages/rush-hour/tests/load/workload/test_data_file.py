from pathlib import Path

import pytest

from rush_hour.errors import UsageError
from rush_hour.load.workload.data_file import read_rows


def test_rows_have_the_names_of_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text('\ufeffuser,pass_word\nann,"a, b"\n\nbob,"é\nf"\n', encoding="utf-8")

    assert read_rows(path) == (
        {"user": "ann", "pass_word": "a, b"},
        {"user": "bob", "pass_word": "é\nf"},
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "{}: expected a line of names and a row of values for each user, got no row."),
        (b"user\n", "{}: expected a line of names and a row of values for each user, got no row."),
        (b"user,age\nann\n", "{}:2: expected 2 values, as the first line has; got 1."),
        (b"user\nann\nbob,2\n", "{}:3: expected 1 values, as the first line has; got 2."),
        (
            b"the user\nann\n",
            (
                "{}:1: expected names of letters, digits and underscores, each once and none of them 'connection'; "
                "got 'the user'."
            ),
        ),
        (
            b"a,a\n1,2\n",
            (
                "{}:1: expected names of letters, digits and underscores, each once and none of them 'connection'; "
                "got 'a'."
            ),
        ),
        (
            b"connection\n1\n",
            (
                "{}:1: expected names of letters, digits and underscores, each once and none of them 'connection'; "
                "got 'connection'."
            ),
        ),
        (b'a\n"x\n', "expected a CSV file in UTF-8, got '{}': unexpected end of data."),
        (
            b"a\n\xff\n",
            (
                "expected a CSV file in UTF-8, got '{}': 'utf-8' codec can't decode byte 0xff in position 2: "
                "invalid start byte."
            ),
        ),
    ],
)
def test_what_is_no_data_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_bytes(content)

    with pytest.raises(UsageError) as caught:
        read_rows(path)

    assert str(caught.value) == message.format(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_rows(tmp_path / "none.csv")

    assert str(caught.value) == f"expected a CSV file, got '{tmp_path}/none.csv': No such file or directory."
