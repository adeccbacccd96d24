"""The pages "Deploy" show the files that the tests run, each once."""

import re

from deployed import FILES, PAGES

INCLUDED = re.compile(r"^```\{literalinclude\} (.*)$", re.MULTILINE)


def test_every_file_is_shown_by_one_page() -> None:
    shown = [PAGES / name for page in PAGES.glob("*.md") for name in INCLUDED.findall(page.read_text())]
    files = [path for path in FILES.rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert sorted(path.resolve() for path in shown) == sorted(files)


def test_every_page_is_in_the_list_of_its_index() -> None:
    index = (PAGES / "index.md").read_text()

    assert [page.name for page in PAGES.glob("*.md") if page.name != "index.md" and f"({page.name})" not in index] == []
