"""The page in a real browser: its figures are the document's; it works by mouse, by keyboard, without scripts."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import PROGRAM, chromium
from playwright.sync_api import Browser, BrowserContext, Page
from sample_documents import FAILED, HOSTILE, bench, hostile, profiled, six_systems, system

from rush_hour.report.page.page import render_page
from rush_hour.results.document import Document

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a screen."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open documents as a page; whatever the console says is an error."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def open_documents(*documents: Document, width: int = 1280, **options: Any) -> Page:
        file = tmp_path / "report.html"
        file.write_text(render_page(documents), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url) if not request.url.startswith("file:") else None)
        page.goto(file.as_uri())
        return page

    yield open_documents
    for context in contexts:
        context.close()
    assert said == []


def column(page: Page, number: int) -> list[str]:
    return [cell.strip() for cell in page.locator(f"#systems-table tbody tr > :nth-child({number})").all_inner_texts()]


def test_the_table_has_the_documents_figures(open_page: Open) -> None:
    document = bench(system("one", 1, seconds=5), system("two", 2, seconds=5, bad_per_s=100), FAILED)

    page = open_page(document)

    for index, one in enumerate(document.systems[:2]):
        row = page.locator("#systems-table tbody tr").nth(index)
        values = [cell.get_attribute("data-value") for cell in row.locator("td.n").all()]
        run = one.runs[0]
        assert run.result.latency_us is not None
        assert run.resources is not None
        expected = [
            run.result.goodput_per_s, run.result.good_ratio, run.result.latency_us.p50, run.result.latency_us.p99,
            run.result.latency_us.max, run.cpu_us_per_good_answer("server"), run.resources.server.max_rss_bytes,
        ]  # fmt: skip
        assert [float(value or "nan") for value in values] == pytest.approx(expected)
    assert page.locator("#systems-table tbody tr").nth(2).inner_text().split("\n")[-1] == "last line of its log"


def test_the_pictures_have_the_documents_figures(open_page: Open) -> None:
    document = bench(system("one", 1, seconds=5), system("two", 2, seconds=5, bad_per_s=100))

    page = open_page(document)
    figures = json.loads(page.locator("#figures").text_content() or "")

    for one, drawn in zip(document.systems, figures["systems"], strict=True):
        result = one.runs[0].result
        assert result.latency_us is not None
        good_us = drawn["curves_us"]["good"]
        at = figures["nines"].index
        assert (good_us[at(1.0)], good_us[at(2.0)], good_us[at(3.0)]) == (
            result.latency_us.p90, result.latency_us.p99, result.latency_us.p99_9,
        )  # fmt: skip
        assert drawn["seconds"]["open_connections"] == 400  # all the same
        assert drawn["seconds"]["good_per_s"] == [row.good for row in result.timeline]
        assert drawn["seconds"]["p99_us"] == [row.p99_us for row in result.timeline]
        assert ("bad" in drawn["curves_us"]) == (result.latency_bad_us is not None)
    assert page.locator(".plot canvas").count() == 8  # percentiles, six over time, requests
    assert all(is_drawn(page, number) for number in range(8))


def is_drawn(page: Page, number: int) -> bool:
    """Whether there is anything on a canvas."""
    seen = (
        page.locator(".plot canvas")
        .nth(number)
        .evaluate("c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(value => value)")
    )
    return bool(seen)


def test_the_mouse_reads_a_picture(open_page: Open) -> None:
    document = bench(system("one", 1, seconds=5))
    page = open_page(document)
    over = page.locator('[data-plot="goodput"] .u-over')

    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 3 / 5, box["y"] + 20)

    readout = page.locator('[data-plot="goodput"] .readout').inner_text()
    good = document.systems[0].runs[0].result.timeline[2].good
    assert re.search(rf"second 3\.00.*good {good:,}", readout.replace("\n", " "))
    for other in ("latency", "cpu", "lag"):  # one cursor for all that have this axis
        assert "second 3.00" in page.locator(f'[data-plot="{other}"] .readout').inner_text()


def test_the_keyboard_reads_a_picture(open_page: Open) -> None:
    document = bench(system("one", 1, seconds=5))
    page = open_page(document)

    page.locator('[data-plot="goodput"]').focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")

    good = document.systems[0].runs[0].result.timeline[3].good
    said = page.locator('[data-plot="goodput"] output').inner_text()
    assert said.startswith(f"second 4.00, good {good:,}")


def test_systems_are_sorted_by_any_column(open_page: Open) -> None:
    document = bench(FAILED, *six_systems(3).systems)
    page = open_page(document)
    goodput = page.locator("#systems-table th button", has_text="/s")

    goodput.click()
    rising = column(page, 1)
    goodput.focus()
    page.keyboard.press("Enter")
    falling = column(page, 1)

    assert [name.split()[-1] for name in rising] == ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "dead"]
    assert falling[:-1] == rising[-2::-1]
    assert falling[-1] == rising[-1]  # what has no value is last, either way
    assert page.locator("#systems-table th[aria-sort]").get_attribute("aria-sort") == "descending"


def test_systems_are_switched_off_and_on(open_page: Open) -> None:
    page = open_page(bench(system("one", 1, seconds=3), system("two", 2, seconds=3)))
    entries = page.locator('[data-plot="percentiles"] .entry')
    assert [text.split()[0] for text in entries.all_inner_texts()] == ["one", "two"]

    page.get_by_role("checkbox", name="one").uncheck()
    assert [text.split()[0] for text in entries.all_inner_texts()] == ["two"]
    assert page.locator('tr[data-system="0"]').get_attribute("class") == "off"

    page.get_by_role("checkbox", name="one").check()
    assert entries.count() == 2


def test_one_system_over_time_has_all_its_roles(open_page: Open) -> None:
    page = open_page(bench(system("one", 1, seconds=3), system("two", 2, seconds=3)))

    page.locator(".choices").get_by_role("radio", name="two").check()

    assert page.locator('[data-plot="cpu"] .entry').all_inner_texts() == ["server", "proxy", "database"]
    assert page.locator('[data-plot="goodput"] .entry').all_inner_texts() == ["good", "failed", "offered"][::2]


def test_a_link_to_a_line_of_a_log_opens_the_log(open_page: Open) -> None:
    page = open_page(bench(system("one", 1, seconds=2)))

    page.get_by_role("link", name="line 7 of one-nginx.log").click()

    line = page.get_by_text("[error] 11: EAGAIN")
    line.wait_for(state="visible")
    assert page.evaluate("document.querySelector(':target').textContent").strip() == "7 [error] 11: EAGAIN"


def test_without_scripts_the_tables_read(open_page: Open) -> None:
    page = open_page(bench(system("one", 1, seconds=2), FAILED), java_script_enabled=False)

    assert page.locator("#systems-table tbody tr").first.inner_text().lstrip().startswith("One, behind nginx")
    page.get_by_text("As tables").click()
    assert page.locator("#time table").first.is_visible()


def test_without_styles_the_tables_read(browser: Browser, tmp_path: Path) -> None:
    text = render_page([bench(system("one", 1, seconds=2), FAILED)])
    bare = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", text, flags=re.DOTALL)
    file = tmp_path / "bare.html"
    file.write_text(bare, encoding="utf-8")
    page = browser.new_page()

    page.goto(file.as_uri())

    assert page.locator("#systems-table").is_visible()
    assert page.locator("#systems-table .bar rect").nth(1).evaluate("e => e.getBoundingClientRect().width") > 10
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_of_the_page(open_page: Open, width: int, scheme: str) -> None:
    page = open_page(bench(system("one", 1, seconds=2), FAILED), width=width, color_scheme=scheme)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_in_ink_also_where_the_screen_is_dark(open_page: Open) -> None:
    page = open_page(bench(system("one", 1, seconds=2)), color_scheme="dark")

    printed = page.pdf(format="A4")
    page.emulate_media(media="print")

    assert printed.startswith(b"%PDF")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()


LIGHT, DARK = [47, 99, 201], [126, 166, 255]  # the first system's colour, on paper and on a dark screen
HAS_COLOUR = """
([red, green, blue]) => [...document.querySelectorAll(".plot canvas")].some((canvas) => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
  for (let at = 0; at < pixels.length; at += 4)
    if (pixels[at] === red && pixels[at + 1] === green && pixels[at + 2] === blue) return true;
  return false;
})
"""
WIDEST_OF_A4 = 720  # CSS pixels between the margins


def test_pictures_are_drawn_for_paper_and_then_for_the_screen_again(open_page: Open) -> None:
    page = open_page(bench(system("one", 1, seconds=4), system("two", 2, seconds=4)), color_scheme="dark")
    assert (page.evaluate(HAS_COLOUR, LIGHT), page.evaluate(HAS_COLOUR, DARK)) == (False, True)

    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    widths = page.locator(".plot canvas").evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert (page.evaluate(HAS_COLOUR, LIGHT), page.evaluate(HAS_COLOUR, DARK)) == (True, False)
    assert max(widths) <= WIDEST_OF_A4

    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert (page.evaluate(HAS_COLOUR, LIGHT), page.evaluate(HAS_COLOUR, DARK)) == (False, True)


def test_hostile_texts_are_shown_and_do_nothing(open_page: Open) -> None:
    document = bench(hostile(system("one", 1, seconds=2)), label=HOSTILE, command_line=HOSTILE)

    page = open_page(document)  # the fixture fails on any request, dialog or error

    assert HOSTILE in page.locator("#systems-table tbody th").inner_text()
    assert page.locator("img").count() == 0
    assert page.locator(".plot canvas").count() == 8


CONTRAST = """
() => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let within = element; within; within = within.parentElement) {
      const colour = getComputedStyle(within).backgroundColor;
      if (!/, 0\\)$/.test(colour) && colour !== "transparent") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const bad = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!text || !element.checkVisibility() || element.closest("svg")) continue;
    const [one, other] = [getComputedStyle(element).color, background(element)].map(luminance).sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) bad.push(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(bad)];
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(open_page: Open, scheme: str) -> None:
    page = open_page(bench(system("one", 1, runs=2, seconds=2), FAILED), color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    assert page.evaluate(CONTRAST) == []  # WCAG 2.2, 1.4.3: at least 4.5 to 1


def test_the_phases_of_a_profile_are_a_table_and_what_was_offered_is_drawn(open_page: Open) -> None:
    document = profiled("steps:500,1000,2000/20s", good_ratio=0.5)
    phases = document.systems[0].runs[0].result.phases

    page = open_page(document)
    rows = page.locator("#phases tbody tr").all()

    assert [row.locator("th").inner_text() for row in rows] == ["step 1", "step 2", "step 3"]
    for row, phase in zip(rows, phases, strict=True):
        assert phase.latency_us is not None
        values = [float(cell.get_attribute("data-value") or "nan") for cell in row.locator("td.n").all()]
        assert values == pytest.approx([
            phase.begins_at_s, phase.offered_per_s, phase.due, phase.goodput_per_s, phase.bad, phase.failed, 0,
            phase.latency_us.p50, phase.latency_us.p99, phase.latency_us.max,
        ])  # fmt: skip
    figures = json.loads(page.locator("#figures").text_content() or "")
    assert figures["systems"][0]["seconds"]["offered_per_s"] == [500.0] * 20 + [1000.0] * 20 + [2000.0] * 20
    page.locator('[data-plot="goodput"]').focus()
    page.keyboard.press("Home")
    assert "offered 500" in page.locator('[data-plot="goodput"] output').inner_text()
    page.keyboard.press("End")
    assert "offered 2,000" in page.locator('[data-plot="goodput"] output').inner_text()
