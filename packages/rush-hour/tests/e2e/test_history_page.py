"""The page of histories in a real browser: each figure is drawn, and reads by keyboard and without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import PROGRAM, chromium
from history_documents import days, latencies_us, points
from made_systems import Maker
from playwright.sync_api import Browser

from rush_hour.judge.history.history import histories_of
from rush_hour.judge.history.series import series_of
from rush_hour.report.page.history import render_history

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a screen."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def file(make: Maker, tmp_path: Path) -> Path:
    """The page of a history with a change."""
    made = points(days(make, latencies_us((30, 1000), (8, 1100))))
    page = tmp_path / "history.html"
    text = render_history(histories_of(series_of(made), margin_ratio=0.02, new_within=10), [])
    page.write_text(text, encoding="utf-8")
    return page


def test_every_figure_is_drawn_and_the_keyboard_reads_documents(browser: Browser, file: Path) -> None:
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    drawn = page.locator(".plot canvas")

    assert drawn.count() == 6
    for canvas in drawn.all():
        assert canvas.evaluate(
            "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(value => value)"
        )
    plot = page.locator('[data-plot="history-0-1"]')
    plot.focus()
    page.keyboard.press("End")
    assert (plot.locator("output").text_content() or "").startswith("document 2026-11-07 02:30 00250025, p50 1.")
    assert said == []
    page.close()


def test_tables_are_there_without_scripts(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())

    assert page.locator("p.answer").inner_text().startswith("p50 of app became ")
    assert page.locator("#series-1 table").count() == 3
    context.close()
