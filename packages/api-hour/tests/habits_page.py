"""The tables of docs/api-hour/coming-from.md, made from the table of habits; run as a program, it writes them there."""

import re
from collections.abc import Collection
from pathlib import Path

from flags_of_others import FLAGS

from api_hour.config.habits.habit import Habit, Kind, Server
from api_hour.config.habits.table import HABITS

PAGE = Path(__file__).parents[3] / "docs" / "api-hour" / "coming-from.md"

_CODE = re.compile(r"(?<![\w`-])(--[a-z][\w-]*|-[a-zA-Z](?= )|[A-Z_]{4,}=\d|/metrics)(?![\w`])")


def with_tables(page: str) -> str:
    """Return the page with its tables written anew."""
    for server in Server:
        begin, end = f"<!-- table of {server.value} -->\n", "<!-- end -->"
        before, _, after = page.partition(begin)
        page = "".join((before, begin, _table_of(server), end, after.partition(end)[2]))
    return page


def _table_of(server: Server) -> str:
    known = {flag.removesuffix("=") for flag in FLAGS[server]}
    rows = [f"| {_flags_of(habit, known)} | {_here(habit)} |" for habit in HABITS if server in habit.servers]
    return "".join(f"{line}\n" for line in (f"| {server.value} | API-Hour |", "|---|---|", *rows))


def _flags_of(habit: Habit, known: Collection[str]) -> str:
    return " ".join(f"`{flag}`" for flag in habit.flags if flag in known)


def _here(habit: Habit) -> str:
    says = _CODE.sub(r"`\1`", habit.says).replace("|", "\\|")
    if habit.kind is Kind.INSTEAD:
        return f"**no**: {says}"
    if habit.kind is Kind.IDLE:
        return f"does nothing: {says}"
    is_same = habit.kind is Kind.SAME or habit.here in habit.flags
    known = "the same" if is_same else f"`{habit.here}`"
    return f"{known}, {says}" if says else known


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
