"""The pages about options say what the declarations say."""

import re
from pathlib import Path

from habits_page import PAGE, with_tables

from api_hour.config.habits.environment import GUNICORN_ARGUMENTS, TRUSTED_PROXIES, UVICORN_PREFIX
from api_hour.config.sources import ENVIRONMENT_PREFIX, option_flags, option_keys

CONFIGURATION = PAGE.with_name("configuration.md").read_text(encoding="utf-8")


def test_the_page_has_the_tables_as_they_are() -> None:
    """`python packages/api-hour/tests/habits_page.py` writes them anew."""
    page = PAGE.read_text(encoding="utf-8")

    assert with_tables(page) == page
    for name in (UVICORN_PREFIX, GUNICORN_ARGUMENTS, TRUSTED_PROXIES, "PORT", "WEB_CONCURRENCY"):
        assert f"| `{name}" in page


def test_the_table_of_options_has_each_with_its_variable_and_its_key() -> None:
    rows = re.findall(r"(?m)^\| (`-[^|]*) \|([^|]*API_HOUR_[^|]*\|[^|]*)\|", CONFIGURATION)
    flags = {flag: cells for names, cells in rows for flag in re.findall(r"--[\w-]+", names)}
    keys = option_keys()
    for field, flag in option_flags().items():
        assert flag in flags, f"docs/api-hour/configuration.md says nothing of {flag}"
        assert f"`{ENVIRONMENT_PREFIX}{flag[2:].upper().replace('-', '_')}`" in flags[flag]
        assert field not in keys or f"`{keys[field]}`" in flags[flag]
    assert flags.keys() == set(option_flags().values()), "those that there are, and no others"


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([\w-]+\.md)", PAGE.read_text(encoding="utf-8")):
        assert Path(PAGE.parent, target).exists() or target == "wsgi.md"
