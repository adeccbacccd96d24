"""Signs: the words by which a program says that something went wrong, what they mean, and which setting would help.

One table for each program (`nginx_signs.py`, `postgres_signs.py`, `server_signs.py`, `generator_signs.py`); the words
are those of the program's own source.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

from rush_hour.results.resources import Role


class Reach(IntEnum):
    """How many requests one occurrence of a sign accounts for; those that are surer come first.

    Attributes:
        ONE: exactly one, which ended badly.
        AT_MOST_ONE: one, unless it was tried again and ended well.
        SEVERAL: as many as were in hand then.
    """

    ONE = 0
    AT_MOST_ONE = 1
    SEVERAL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One way in which a program says that something went wrong.

    Attributes:
        code: a name that stays; signs of several programs may mean the same.
        program: that says so.
        words: all of them are in the line.
        what: what happened, in one sentence without its full stop; empty for the words of the line.
        cause: the role that made it; None where the sign does not tell.
        advice: the setting that would help, in one sentence; see `settings.py` for what is in braces.
        outcomes: what becomes of the requests that it accounts for: statuses, and errors by their name.
        reach: how many they are.
        process: finds the process that it is about, where the line names it.
        seen_as: codes by which others, before it, tell of the same requests.
        shows: the words that are shown; None for the last of `words`, empty for the whole line.
    """

    code: str
    program: str
    words: tuple[str, ...]
    what: str
    cause: Role | None
    advice: str
    outcomes: tuple[str, ...] = ()
    reach: Reach = Reach.ONE
    process: re.Pattern[str] | None = None
    seen_as: frozenset[str] = frozenset()
    shows: str | None = None

    def is_in(self, line: str) -> bool:
        """Whether a line says so."""
        for word in self.words:  # noqa: SIM110  # twice as fast as all()
            if word not in line:
                return False
        return True

    @property
    def shown(self) -> str:
        """The words that tell it, for reading."""
        return self.words[-1].strip("()") if self.shows is None else self.shows
