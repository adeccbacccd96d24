"""The flame graph: its boxes are the profile's, and nothing in a name gets out of it."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rush_hour.report.page.flame_graph import (
    BOXES_LIMIT,
    DEPTH_LIMIT,
    FILLS,
    INK,
    LEAST_RATIO,
    HotFrame,
    flame_graph,
    hottest,
)
from rush_hour.results.evidence import Profile, Stack

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "g", "title", "rect", "text"}
ATTRIBUTES = {
    "xmlns", "class", "role", "aria-label", "width", "height", "viewbox", "font-family", "font-size", "x", "y", "fill",
}  # fmt: skip
HOSTILE = "</text></svg><script>alert(1)</script><img src=x onerror=\"alert(2)\">' style='x' & (a.py:1)"


def profile_of(*stacks: tuple[list[str], int], name: str = "worker") -> Profile:
    return Profile(
        program="py-spy 0.4.3",
        pid=41,
        name=name,
        duration_s=5.0,
        stacks=[Stack(frames=frames, samples=samples) for frames, samples in stacks],
        samples=sum(samples for _, samples in stacks),
    )


def boxes_of(svg: str) -> dict[str, tuple[float, float, float]]:
    """Return left edge, top and width of each box, by its title."""
    boxes: dict[str, tuple[float, float, float]] = {}
    for group in ET.fromstring(svg):  # noqa: S314  # made here
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        left, top, width = (float(rect.attrib[name]) for name in ("x", "y", "width"))
        boxes[str(group.findtext(f"{SVG}title"))] = (left, top, width)
    return boxes


PROFILE = profile_of(
    (["main (app.py:1)", "answer (app.py:9)", "encode (json.py:3)"], 50),
    (["main (app.py:1)", "answer (app.py:9)"], 25),
    (["main (app.py:1)", "idle (app.py:30)"], 24),
    (["main (app.py:1)", "rare (app.py:40)"], 1),
)


def test_boxes_are_as_wide_as_their_samples_below_those_that_called_them() -> None:
    assert boxes_of(flame_graph(PROFILE, 1000)) == {
        "all: 100 samples, 100.0%": (0.0, 0.0, 999.0),
        "main (app.py:1): 100 samples, 100.0%": (0.0, 18.0, 999.0),
        "answer (app.py:9): 75 samples, 75.0%": (0.0, 36.0, 749.0),
        "idle (app.py:30): 24 samples, 24.0%": (750.0, 36.0, 239.0),
        "rare (app.py:40): 1 samples, 1.0%": (990.0, 36.0, 9.0),
        "encode (json.py:3): 50 samples, 50.0%": (0.0, 54.0, 499.0),
    }


def test_names_are_cut_to_the_room_that_there_is() -> None:
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", flame_graph(PROFILE, 200))

    assert texts == ["all", "main (app.py:1)", "answer (app.py:9)", "encode (json…", "idle…"]


def test_it_says_what_it_is_and_how_large() -> None:
    root = ET.fromstring(flame_graph(PROFILE))  # noqa: S314  # made here

    assert root.attrib["aria-label"] == "Flame graph of process 41 (worker): 100 samples"
    assert (root.attrib["role"], root.attrib["viewBox"]) == ("img", "0 0 1200 72")


def test_what_cannot_be_seen_is_left_out() -> None:
    svg = flame_graph(profile_of((["main"], 1000), (["main", "seen"], 3), (["main", "unseen"], 1)))

    assert "seen: 3 samples, 0.3%" in svg
    assert "unseen" not in svg
    assert LEAST_RATIO == 0.002


def test_stacks_of_any_depth_are_drawn_to_a_limit() -> None:
    deep = [f"f{number}" for number in range(5000)]

    assert len(boxes_of(flame_graph(profile_of((deep, 1))))) == DEPTH_LIMIT


def test_a_picture_has_no_more_boxes_than_there_is_room_for_and_each_stands_below_its_caller() -> None:
    stacks = [
        ([f"f{outer}", f"g{outer}-{inner}", f"h{outer}-{inner}"], 1 + inner)
        for outer in range(20)
        for inner in range(15)
    ]
    svg = flame_graph(profile_of(*stacks))
    boxes = boxes_of(svg).values()

    assert svg.count("<rect") == BOXES_LIMIT
    assert len(svg.encode()) < 60_000
    for left, top, width in boxes:
        assert top == 0 or any(
            above == top - 18 and at <= left + 0.1 and at + wide >= left + width - 0.2 for at, above, wide in boxes
        )


def test_a_profile_without_samples_has_no_picture() -> None:
    assert flame_graph(profile_of()) == ""
    assert flame_graph(profile_of((["f"], 0), (["g"], -3))) == ""
    assert hottest(profile_of((["f"], 0), ([], 3))) == []


def test_the_hottest_frames_are_those_that_were_innermost() -> None:
    recursive = profile_of((["f", "g", "f"], 3), (["f"], 1), (["g", "h"], 4))

    assert hottest(recursive, 2) == [
        HotFrame(name="f", own_ratio=0.5, total_ratio=0.5),
        HotFrame(name="h", own_ratio=0.5, total_ratio=0.5),
    ]
    assert [hot.name for hot in hottest(PROFILE)] == [
        "encode (json.py:3)", "answer (app.py:9)", "idle (app.py:30)", "rare (app.py:40)",
    ]  # fmt: skip


class Seen(HTMLParser):
    """What a browser makes of it: elements, attributes, and the text of titles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.titles: list[str] = []
        self._is_title = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self._is_title = tag == "title"
        if self._is_title:
            self.titles.append("")
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._is_title = self._is_title and tag != "title"

    def handle_data(self, data: str) -> None:
        if self._is_title:
            self.titles[-1] += data


def test_a_hostile_name_stays_a_name() -> None:
    seen = Seen(flame_graph(profile_of(([HOSTILE], 1), name=HOSTILE)))

    assert seen.elements == ELEMENTS
    assert seen.attributes.keys() == ATTRIBUTES
    assert seen.titles == ["all: 1 samples, 100.0%", f"{HOSTILE}: 1 samples, 100.0%"]
    assert seen.attributes["aria-label"] == {f"Flame graph of process 41 ({HOSTILE}): 1 samples"}


@given(st.lists(st.tuples(st.lists(st.text(), max_size=5), st.integers(0, 9)), max_size=8), st.text())
def test_no_name_adds_an_element_or_an_attribute(stacks: list[tuple[list[str], int]], name: str) -> None:
    svg = flame_graph(profile_of(*stacks, name=name))
    seen = Seen(svg)

    assert seen.elements <= ELEMENTS
    assert seen.attributes.keys() <= ATTRIBUTES
    assert all(character.isprintable() for character in svg)


@pytest.mark.parametrize("fill", FILLS)
def test_names_can_be_read_on_every_colour(fill: str) -> None:
    light, dark = sorted((_luminance(fill), _luminance(INK)), reverse=True)

    assert (light + 0.05) / (dark + 0.05) > 7.0


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[at:end], 16) / 255 for at, end in pairwise((1, 3, 5, 7))]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
