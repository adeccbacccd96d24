"""Take the pictures of pages that the documentation shows: in wide and narrow windows, light, dark, and on paper.

    .venv/bin/python packages/rush-hour/tests/page_pictures.py bench RESULT.json
    .venv/bin/python packages/rush-hour/tests/page_pictures.py load RESULT.json

They go to docs/rush-hour/images/, named after the first argument. It needs Chromium on PATH.
"""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from chromium import chromium
from playwright.sync_api import Browser

from rush_hour.report.page.page import render_page
from rush_hour.results.file import read_document

IMAGES = Path(__file__).parents[3] / "docs" / "rush-hour" / "images"
WIDTHS = (1280, 390)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
HEIGHT = 900
LONGEST = 2400  # of a picture; what is below is left out
A4 = (794, 1123)  # at 96 pixels an inch


def main(name: str, *results: str) -> None:
    """Take all pictures of one page."""
    IMAGES.mkdir(exist_ok=True)
    page = render_page([read_document(Path(result)) for result in results])
    with tempfile.TemporaryDirectory() as directory, chromium() as browser:
        file = Path(directory, "report.html")
        file.write_text(page, encoding="utf-8")
        for width in WIDTHS:
            for scheme in SCHEMES:
                take(browser, file, IMAGES / f"{name}-{width}-{scheme}.png", width=width, scheme=scheme)
        take(browser, file, IMAGES / f"{name}-printed.png", width=A4[0], scheme="light", media="print")


def take(
    browser: Browser,
    file: Path,
    picture: Path,
    *,
    width: int,
    scheme: Scheme,
    media: Literal["screen", "print"] = "screen",
) -> None:
    """Take one picture."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    page = context.new_page()
    page.emulate_media(media=media)
    page.goto(file.as_uri())
    height = min(LONGEST, page.evaluate("document.documentElement.scrollHeight"))
    page.screenshot(path=picture, clip={"x": 0, "y": 0, "width": width, "height": height}, full_page=True)
    context.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
