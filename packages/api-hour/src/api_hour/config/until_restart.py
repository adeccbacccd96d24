"""The mark of an option that a reload does not take, beside its declaration."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def _all_of(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class UntilRestart:
    """Marks an option whose value stays until the daemon is restarted, or a successor takes over.

    Attributes:
        of: gives what of a value stays.
    """

    of: Callable[[Any], Any] = _all_of


UNTIL_RESTART = UntilRestart()
