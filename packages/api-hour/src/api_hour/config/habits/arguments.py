"""Habits on a command line: each is taken off it and becomes options here; the rest is for the command.

Pure: no environment is read here.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from api_hour.config.habits.habit import Given, Habit, Kind
from api_hour.config.habits.table import BY_FLAG
from api_hour.errors import ConfigError

OF_THE_COMMAND_LINE = frozenset({Kind.ALIAS, Kind.IDLE})  # the others are for the command to take, or to refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was found of habits.

    Attributes:
        arguments: the words that are none.
        given: the options that they set, in order.
        words: what is to be said of those that do nothing.
    """

    arguments: list[str] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One habit as it was used: by which of its flags, and with which value, empty for none."""

    habit: Habit
    flag: str
    text: str


def take_habits(arguments: Sequence[str]) -> Taken:
    """Take the habits off a command line.

    Raises:
        ConfigError: a value is missing, or cannot be.
    """
    taken = Taken()
    for item in read_uses(arguments, OF_THE_COMMAND_LINE):
        if isinstance(item, str):
            taken.arguments.append(item)
        else:
            note_use(taken, item, written=item.flag)
    return taken


def note_use(taken: Taken, use: Use, *, written: str) -> None:
    """Note what a habit means here.

    Args:
        taken: where it is noted.
        use: the habit.
        written: what it is called in messages.

    Raises:
        ConfigError: the value cannot be.
    """
    habit = use.habit
    if habit.kind is Kind.IDLE:
        taken.words.append(f"{written} does nothing here: {habit.says}")
    elif habit.kind is Kind.INSTEAD:
        taken.words.append(f"{written} is not there, and passed over: {habit.says}")
    else:
        try:
            settings = habit.settings(use.text)
        except ValueError as error:
            raise ConfigError(f"{written}: {error}") from error
        taken.given.extend(Given(written=written, setting=setting) for setting in settings)


def read_uses(arguments: Sequence[str], kinds: Collection[Kind]) -> Iterator[Use | str]:
    """Read a command line: habits of some kinds, and the words that are none.

    Raises:
        ConfigError: a value is missing.
    """
    words = list(reversed(arguments))
    while words:
        word = words.pop()
        if word == "--":
            yield word
            yield from reversed(words)
            return
        flag, text = _split(word)
        habit = BY_FLAG.get(flag)
        if habit is None or habit.kind not in kinds:
            yield word
            continue
        if text is None:
            following = words[-1] if words else None
            text = words.pop() if following is not None and habit.takes(following) else ""
            _check_value(habit, flag, following)
        yield Use(habit=habit, flag=flag, text=text)


def _split(word: str) -> tuple[str, str | None]:
    """Divide a word into a flag and its value, if that is in it: `--workers=4`, `-w4`."""
    if word.startswith("--"):
        flag, equals, text = word.partition("=")
        return flag, text if equals else None
    if len(word) > 2 and word[:2] in BY_FLAG and BY_FLAG[word[:2]].has_value:
        return word[:2], word[2:].removeprefix("=")
    return word, None


def _check_value(habit: Habit, flag: str, following: str | None) -> None:
    is_option = following is not None and following.startswith("--") and following.partition("=")[0] in BY_FLAG
    if habit.has_value and (following is None or is_option):
        came = "none" if following is None else f"the option {following}"
        raise ConfigError(f"{flag}: expected a value; got {came}.")
