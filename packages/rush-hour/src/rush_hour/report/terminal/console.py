"""The console of a report: a terminal, or a text without a width."""

from rich.console import Console

WIDE = 1000  # columns, where the output is not a terminal: nothing is wrapped for a screen that is not there


def make_console(*, stderr: bool = False) -> Console:
    """Return a console that wraps and colours for a terminal only (NO_COLOR and FORCE_COLOR are honoured)."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDE
    return console
