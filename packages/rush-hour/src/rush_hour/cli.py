"""The `rush-hour` and `wrk2` commands: one module in `commands/` for each subcommand, imported when it is used.

The only place that prints an error and chooses an exit code: 0 done; 1 a system failed, a requirement is not met, a
figure changed that was not to, or something was lost; 2 a wrong option, suite or URL; 3 something could not be started
or reached; 4 measured, but the figures cannot be trusted or do not tell, or a machine hinders that; 130 ended by
Ctrl-C. The command `wrk2` has wrk2's codes: 0 for every run that ended, 1 for whatever prevented one.
"""

import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import cyclopts

from rush_hour import __version__
from rush_hour.commands.complaints import explain
from rush_hour.errors import OutputLost, RushHourError, StartError, UsageError
from rush_hour.exit_codes import INTERRUPTED
from rush_hour.outlets import leave_streams, outlets, prepare_streams

HELP_FLAGS = ("--help", "-h")

app = cyclopts.App(
    name="rush-hour",
    help="Launch Python serving stacks, offer them a constant request rate, and see which of them hold.",
    version=__version__,
    help_flags=HELP_FLAGS,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
app.command("rush_hour.commands.init:init")
app.command("rush_hour.commands.trial:trial", name="try")
app.command("rush_hour.commands.bench:bench")
app.command("rush_hour.commands.capacity:capacity")
app.command("rush_hour.commands.load:load")
app.command("rush_hour.commands.compare:compare")
app.command("rush_hour.commands.check:check")
app.command("rush_hour.commands.history:history")
app.command("rush_hour.commands.import_results:import_results", name="import")
app.command("rush_hour.commands.report:report")
app.command("rush_hour.commands.serve:serve")
app.command("rush_hour.commands.serve:database")
app.command("rush_hour.commands.doctor:doctor")
app.register_install_completion_command(help="Let your shell complete commands, options and their values.")


def main() -> None:
    """Run `rush-hour` and exit with its code."""
    prepare_streams()
    sys.exit(run(sys.argv[1:]))


def wrk2_main() -> None:
    """Run `wrk2`, which is `rush-hour load --wrk2`, and exit with wrk2's code."""
    prepare_streams()
    code = run(["load", "--wrk2", *sys.argv[1:]])
    sys.exit(RushHourError.exit_code if code in {UsageError.exit_code, StartError.exit_code} else code)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code. SIGTERM ends it as Ctrl-C does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)  # SIGINT too: a shell's background jobs start with it ignored
    with outlets() as (out, err):
        code = _run(arguments)
        out.flush()
        if out.lost is not None and not isinstance(out.lost, BrokenPipeError):  # whose reader wanted no more
            _complain(f"standard output: what was printed is lost: {out.lost.strerror}.", OutputLost.exit_code)
    leave_streams(out, err)
    return code if out.lost is None or code in {UsageError.exit_code, INTERRUPTED} else OutputLost.exit_code


def _run(arguments: Sequence[str]) -> int:
    try:
        if not arguments or arguments[0] in HELP_FLAGS:
            _resolve_commands()
        code = app(list(arguments), exit_on_error=False, print_error=False)
    except (cyclopts.CycloptsError, RushHourError, OSError) as error:
        return _explain(error)
    except KeyboardInterrupt:
        return _complain("interrupted.", INTERRUPTED)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    """Say what an error is about, and return its exit code."""
    match error:
        case OutputLost():
            return max(_complain(line, error.exit_code) for line in str(error).splitlines())
        case RushHourError():
            return _complain(str(error), error.exit_code)
        case OSError():
            what = f"{error.filename}: " if error.filename is not None else ""
            return _complain(f"{what}{error.strerror or error}.", StartError.exit_code)
    return _complain(explain(error), UsageError.exit_code)


def _resolve_commands() -> None:
    """Import every command: the list of commands says what each does."""
    for name in app:
        app[name]


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _complain(message: str, exit_code: int) -> int:
    sys.stderr.write(f"rush-hour: {message}\n")
    return exit_code
