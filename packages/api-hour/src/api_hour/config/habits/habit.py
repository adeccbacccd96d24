"""The form of one habit: an option as another server has it, and what becomes of it here.

same      it is an option here, of the same name and meaning
alias     another name of an option here, or one whose value is written in another way
instead   it is refused, and the message says what to write
idle      it is accepted and does nothing, and the log says why
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class Server(Enum):
    """A server whose options people know."""

    UVICORN = "uvicorn"
    GUNICORN = "Gunicorn"
    HYPERCORN = "Hypercorn"
    GRANIAN = "Granian"


class Kind(Enum):
    """What becomes of a habit."""

    SAME = "same"
    ALIAS = "alias"
    INSTEAD = "instead"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One option here and a text for it, as it would be on the command line.

    Attributes:
        flag: the option's first flag.
        text: the value.
        is_implied: whether it only holds where nobody says another.
    """

    flag: str
    text: str
    is_implied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One option here that somebody has set by a habit.

    Attributes:
        written: what set it, for messages.
        setting: the option and its value.
    """

    written: str
    setting: Setting


Conversion = Callable[[str], list[Setting]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One option of other servers.

    Attributes:
        flags: its names there.
        servers: where it is known from.
        kind: what becomes of it.
        here: the flag of the option here; empty if there is none.
        says: for `instead` and `idle`, why, or what to write; for others what else is to be known, if anything.
        has_value: whether a value follows; otherwise one may only be given behind `=`, as a Boolean.
        words: if a value may follow and need not, what tells one from TARGET.
        convert: makes options here of a value; an empty text stands for none.
        variable: its name in `UVICORN_...`, if that is not its flag's.
    """

    flags: tuple[str, ...]
    servers: tuple[Server, ...]
    kind: Kind
    here: str = ""
    says: str = ""
    has_value: bool = True
    words: Callable[[str], bool] | None = field(default=None, repr=False)
    convert: Conversion | None = field(default=None, repr=False)
    variable: str = ""

    def settings(self, text: str) -> list[Setting]:
        """Return the options here that a value makes.

        Raises:
            ValueError: there is no such value.
        """
        if self.convert is not None:
            return self.convert(text)
        return [Setting(flag=self.here, text=text)] if self.kind in {Kind.SAME, Kind.ALIAS} else []

    def takes(self, following: str | None) -> bool:
        """Tell whether the next word of a command line is a value of it."""
        if following is None or self.words is None:
            return self.has_value
        return self.words(following)


def same(flags: str, *servers: Server, says: str = "", has_value: bool = True, variable: str = "") -> Habit:
    """Return an option that is the same here."""
    names = tuple(flags.split())
    return Habit(
        flags=names, servers=servers, kind=Kind.SAME, here=names[0], says=says, has_value=has_value, variable=variable
    )


def alias(
    flags: str,
    here: str,
    *servers: Server,
    says: str = "",
    has_value: bool = True,
    words: Callable[[str], bool] | None = None,
    convert: Conversion | None = None,
) -> Habit:
    """Return an option that has another name here, or whose values are written in another way."""
    return Habit(
        flags=tuple(flags.split()),
        servers=servers,
        kind=Kind.ALIAS,
        here=here,
        says=says,
        has_value=has_value,
        words=words,
        convert=convert,
    )


def instead(flags: str, says: str, *servers: Server, has_value: bool = True) -> Habit:
    """Return an option that is refused with what to write, or why there is nothing to write."""
    return Habit(flags=tuple(flags.split()), servers=servers, kind=Kind.INSTEAD, says=says, has_value=has_value)


def idle(
    flags: str, says: str, *servers: Server, has_value: bool = True, words: Callable[[str], bool] | None = None
) -> Habit:
    """Return an option that is accepted and does nothing."""
    return Habit(
        flags=tuple(flags.split()), servers=servers, kind=Kind.IDLE, says=says, has_value=has_value, words=words
    )
