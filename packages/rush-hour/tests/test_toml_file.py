from pathlib import Path
from typing import Literal

import pytest
from msgspec import Struct

from rush_hour.errors import UsageError
from rush_hour.toml_file import KeyPath, TomlFile, line_of


class Wheel(Struct, forbid_unknown_fields=True):
    size: int
    tyre: Literal["summer", "winter"] = "summer"


class Car(Struct, forbid_unknown_fields=True):
    name: str
    wheels: list[Wheel]
    spare: Wheel | None = None
    papers: dict[str, str] = {}


CAR = """\
name = "red"

[[wheels]]
size = 16
tyre = "winter"

[[wheels]]
size = 17

[papers]
plate = "AB 12"

[spare]
size = 15
"""


def write(directory: Path, text: str) -> Path:
    path = directory / "car.toml"
    path.write_text(text, encoding="utf-8")
    return path


def message_for(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        TomlFile.read(path).convert(Car)
    return str(caught.value)


def test_a_file_is_read_into_its_type(tmp_path: Path) -> None:
    car = TomlFile.read(write(tmp_path, CAR)).convert(Car)

    assert car == Car(name="red", wheels=[Wheel(16, "winter"), Wheel(17)], spare=Wheel(15), papers={"plate": "AB 12"})


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('"red"', "3", 1, "name: expected 'str', got 'int': 3."),
        ("size = 17", 'size = "wide"', 8, "wheels[1].size: expected 'int', got 'str': 'wide'."),
        ('"winter"', '"all"', 5, "wheels[0].tyre: expected one of 'summer', 'winter'; got 'all'."),
        ("size = 15", 'size = 15\ntyre = "no"', 15, "spare.tyre: expected one of 'summer', 'winter'; got 'no'."),
        ("size = 17", "", 7, "wheels[1]: expected a key 'size', found none."),
        ('name = "red"', "", 1, "expected a key 'name', found none."),
        ("size = 15", "size = 15\ncolour = 1", 15, "spare.colour: this key is not known here."),
        ('"red"', '"red"\ncolour = 1', 2, "colour: this key is not known here."),
        ("[spare]\nsize = 15", "", 1, None),
        ("[spare]\nsize = 15", "[[spare]]\nsize = 15", 13, "spare: expected 'table', got 'array': [{'size': 15}]."),
        ('"AB 12"', "12", 11, "papers.plate: expected 'str', got 'int': 12."),
        ('"AB 12"', '12\nCookie = "a"', 11, "papers.plate: expected 'str', got 'int': 12."),
    ],
)
def test_what_is_wrong_is_told_with_file_line_key_and_value(
    tmp_path: Path, old: str, new: str, line: int, what: str | None
) -> None:
    assert CAR.count(old) == 1
    path = write(tmp_path, CAR.replace(old, new))

    if what is None:
        assert TomlFile.read(path).convert(Car).spare is None
    else:
        assert message_for(path) == f"{path}:{line}: {what}"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert message_for(tmp_path / "no.toml") == (
        f"{tmp_path}/no.toml: the file cannot be read: No such file or directory."
    )


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    assert message_for(tmp_path) == f"{tmp_path}: the file cannot be read: Is a directory."


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "car.toml"
    path.write_bytes(b'name = "\xff"')

    assert message_for(path) == f"{path}: expected UTF-8; invalid start byte at byte 8."


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("name = red", "Invalid value (at line 1, column 8)"),
        ('name = "red"\nname = "blue"\n', "Cannot overwrite a value (at line 2, column 14)"),
        ("[papers]\n[papers]", "Cannot declare ('papers',) twice (at line 2, column 8)"),
    ],
)
def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path, text: str, what: str) -> None:
    path = write(tmp_path, text)

    assert message_for(path) == f"{path}: expected TOML; {what}."


LINES = """\
title = "t"
load.rate = 3

[load.extra]
"quoted-key" = 1

[[systems]]
name = "a"
[systems.front]
port = 1
[[systems.requires]]
command = "x"
[[ systems.requires ]]  # a second one
command = "y"

[[systems]]
front = { port = 2 }
[[systems.requires]]
command = "z"
"""


@pytest.mark.parametrize(
    ("key_path", "line"),
    [
        (("title",), 1),
        (("load", "rate"), 2),
        (("load", "extra", "quoted-key"), 5),
        (("systems",), 7),
        (("systems", 0), 7),
        (("systems", 0, "name"), 8),
        (("systems", 0, "title"), 7),
        (("systems", 0, "front", "port"), 10),
        (("systems", 0, "requires", 0, "command"), 12),
        (("systems", 0, "requires", 1, "command"), 14),
        (("systems", 1, "front", "port"), 17),
        (("systems", 1, "requires", 0, "command"), 19),
        (("nothing",), 1),
    ],
)
def test_the_line_is_that_of_the_key_or_of_the_table_it_would_stand_in(key_path: KeyPath, line: int) -> None:
    assert line_of(LINES, key_path) == line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a = ["x", "y\\u0000"]', "1: a[1]: expected a text without NUL, which no program can be given."),
        ('\n[b]\n"c\\u0000" = 1', "2: b: expected a text without NUL, which no program can be given."),
    ],
)
def test_nul_is_refused_wherever_it_stands(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)

    assert message_for(path) == f"{path}:{message}"


def test_a_file_that_is_nested_deeper_than_python_goes_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a = " + "[" * 50_000 + "]" * 50_000)

    assert message_for(path) == f"{path}: expected TOML; it is nested too deep."
