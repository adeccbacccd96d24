import pytest

from rush_hour.load.workload.wire_text import unfit_in_header, unfit_in_target, unfit_in_url, without_zone


@pytest.mark.parametrize("text", ["http://x/", "http://x//y/%20?a=b&c#d", "/a;b=c~'()*"])
def test_visible_ascii_can_be_sent(text: str) -> None:
    assert unfit_in_url(text) is None


@pytest.mark.parametrize(
    ("character", "shown", "encoded"),
    [
        (" ", "' '", "%20"),
        ("\t", "'\\t'", "%09"),
        ("\n", "'\\n'", "%0A"),
        ("\r", "'\\r'", "%0D"),
        ("\x00", "'\\x00'", "%00"),
        ("\x7f", "'\\x7f'", "%7F"),
        ("é", "'é'", "%C3%A9"),
        ("\u2028", "'\\u2028'", "%E2%80%A8"),
    ],
)
def test_anything_else_is_told_with_its_place(character: str, shown: str, encoded: str) -> None:
    told = f"{shown} is character 3 of it; percent-encode it: {encoded}"

    assert unfit_in_url(f"/a{character}b") == told
    assert unfit_in_target(f"/a{character}b") == told


def test_a_fragment_is_no_part_of_what_is_sent() -> None:
    assert unfit_in_target("/a#b") == "'#' is character 3 of it; percent-encode it: %23"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Accept", "text/html, */*;q=0.5", None),
        ("X-A", "", None),
        ("", "x", "its name is not a word"),
        ("A b", "x", "its name is not a word"),
        ("Ä", "x", "its name is not a word"),
        ("A\x01", "x", "its name is not a word"),
        ("A", "a\tb", "'\\t' is character 2 of the value of A"),
        ("A", "a\r\nB: c", "'\\r' is character 2 of the value of A"),
        ("A", "\x00", "'\\x00' is character 1 of the value of A"),
        ("A", "aé", "'é' is character 2 of the value of A"),
    ],
)
def test_a_header_is_a_word_and_visible_ascii_with_spaces(name: str, value: str, told: str | None) -> None:
    assert unfit_in_header(name, value) == told


def test_a_zone_is_not_sent() -> None:
    assert without_zone("[fe80::1%25eth0]:80") == "[fe80::1]:80"
    assert without_zone("x:80") == "x:80"
