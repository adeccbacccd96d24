"""How values of options are read, and how modes are written."""

from pathlib import Path

import pytest
from cyclopts import Token
from hypothesis import given
from hypothesis import strategies as st

from api_hour.config import values


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("0", 0), ("17", 17), ("1k", 1024), ("512M", 512 * 1024 * 1024), ("2G", 2 * 1024 * 1024 * 1024)],
)
def test_a_size_may_have_a_unit(text: str, size_bytes: int) -> None:
    assert values.read_size(int, [Token(value=text)]) == size_bytes


@pytest.mark.parametrize("text", ["", "M", "1T", "-1", "1.5G", "1 M"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        values.read_size(int, [Token(value=text)])

    assert str(caught.value) == f"expected bytes, such as 512M or 2G; got {text!r}."


@pytest.mark.parametrize(("text", "mode"), [("0", 0), ("27", 0o27), ("027", 0o27), ("0o27", 0o27), ("0777", 0o777)])
def test_a_mode_is_octal(text: str, mode: int) -> None:
    assert values.read_mode(int, [Token(value=text)]) == mode


@given(st.integers(0, 0o777))
def test_a_mode_is_written_as_it_is_read(mode: int) -> None:
    assert values.read_mode(int, [Token(value=values.show_mode(mode))]) == mode


@pytest.mark.parametrize("text", ["", "8", "0x1", "1777", "-1", "rwx", "00027"])
def test_what_is_no_mode_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        values.read_mode(int, [Token(value=text)])

    assert str(caught.value) == f"expected up to three octal digits, such as 0660; got {text!r}."


def test_no_mode_is_written_too() -> None:
    assert values.show_mode(None) == "none"


def test_good_values_pass(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    values.check_binds(tuple, ("127.0.0.1:1", "unix:a"))
    values.check_proxies(tuple, ("10.0.0.1", "10.0.0.0/8", "10.1.2.3/8", "::1", "unix", "*"))
    values.check_not_negative(float, 0)
    values.check_positive(int, 1)
    values.check_name(str, "my daemon")
    values.check_directory(Path, tmp_path)
    values.check_file(Path, tmp_path / "file")
    values.check_new_file(Path, tmp_path / "file")
    values.check_new_file(Path, tmp_path / "new")
    for check in (values.check_directory, values.check_file, values.check_new_file, values.check_name):
        check(Path, None)


@pytest.mark.parametrize("text", ["", "localhost", "10.0.0.0/33", "10.0.0.1:80", "10.0.0.1,10.0.0.2"])
def test_what_is_no_proxy_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        values.check_proxies(tuple, ("unix", text))

    assert str(caught.value) == f"expected an address, a network such as 10.0.0.0/8, unix or *; got {text!r}."


def test_a_name_of_several_lines_is_refused() -> None:
    with pytest.raises(ValueError) as caught:
        values.check_name(str, "a\nb")

    assert str(caught.value) == "expected a name of printable characters, got 'a\\nb'."
