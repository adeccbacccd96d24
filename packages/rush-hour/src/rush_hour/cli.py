"""The `rush-hour` and `wrk2` commands: one module in `commands/` for each subcommand, imported when it is used.

The only place that prints an error and chooses an exit code: 0 done; 1 done, but the run cannot be trusted or a
system failed; 2 a wrong option, suite or URL; 3 something could not be started; 130 ended by Ctrl-C.
"""

import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import cyclopts

from rush_hour import __version__
from rush_hour.errors import RushHourError, UsageError

INTERRUPTED = 130
HELP_FLAGS = ("--help", "-h")

app = cyclopts.App(
    name="rush-hour",
    help="Launch Python serving stacks, offer them a constant request rate, and see which of them hold.",
    version=__version__,
    help_flags=HELP_FLAGS,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
app.command("rush_hour.commands.bench:bench")
app.command("rush_hour.commands.load:load")
app.command("rush_hour.commands.serve:serve")
app.command("rush_hour.commands.serve:database")


def main() -> None:
    """Run `rush-hour` and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def wrk2_main() -> None:
    """Run `wrk2`, which is `rush-hour load --wrk2`, and exit with its code."""
    sys.exit(run(["load", "--wrk2", *sys.argv[1:]]))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code. SIGTERM ends it as Ctrl-C does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)  # SIGINT too: a shell's background jobs start with it ignored
    try:
        if not arguments or arguments[0] in HELP_FLAGS:
            _resolve_commands()
        code = app(list(arguments), exit_on_error=False, print_error=False)
    except cyclopts.UnusedCliTokensError as error:
        return _complain(f"expected no argument {' '.join(error.unused_tokens or [])!r}.", UsageError.exit_code)
    except cyclopts.CycloptsError as error:
        return _complain(str(error), UsageError.exit_code)
    except RushHourError as error:
        return _complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _complain("interrupted.", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _resolve_commands() -> None:
    """Import every command: the list of commands says what each does."""
    for name in app:
        app[name]


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _complain(message: str, exit_code: int) -> int:
    sys.stderr.write(f"rush-hour: {message}\n")
    return exit_code
