"""Colours: each means one thing, wherever it is. They are the terminal's own, so that light and dark ones suit.

Green holds. Yellow does not hold. Red failed, is bad, or is not to be trusted. Everything else is as the text is.
"""

from rush_hour.judge.answer.standing import Finding, Tone, tone_of

HOLDS = "green"
DOES_NOT_HOLD = "yellow"
BROKEN = "red"
STRONG = "bold"
FAINT = "dim"

_OF_TONE: dict[Tone, str] = {"good": HOLDS, "warning": DOES_NOT_HOLD, "bad": BROKEN, "neutral": ""}


def colour_of(finding: Finding) -> str:
    """Return the colour of a verdict; empty for one that is neither good nor bad."""
    return _OF_TONE[tone_of(finding)]
