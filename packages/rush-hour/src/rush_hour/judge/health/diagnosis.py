"""What is said of one thing about a machine."""

from dataclasses import dataclass
from typing import Literal

Grade = Literal["fine", "note", "hinders", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing about a machine.

    Attributes:
        code: its name for programs.
        what: its name for people.
        found: how it is.
        verdict: whether it is fine, is to be known, hinders trustworthy figures, or is not known.
        why: what it does to a measurement; empty where it does nothing.
        change: what to do, with the very command; empty where there is nothing to do.
    """

    code: str
    what: str
    found: str
    verdict: Grade
    why: str = ""
    change: str = ""
