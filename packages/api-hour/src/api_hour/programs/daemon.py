"""`api_hour.run`: the daemon that the command would start, started by a program.

The program becomes the supervisor until the daemon ends, and has its process back then: signal handlers, logging,
environment, working directory, umask and title are what they were.
"""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from api_hour.commands.launch import Launch
from api_hour.commands.serve import serve
from api_hour.config.call_options import check_names, settings_of_call
from api_hour.config.sources import Sources, option_flags
from api_hour.config.target_text import parse_target
from api_hour.errors import ConfigError, StartError
from api_hour.log.setup import logging_kept
from api_hour.process.standard_descriptors import hold_standard_descriptors
from api_hour.process.title import title_kept

LOG = logging.getLogger("api_hour.supervisor")

WORKERS_MODULES = "api_hour.worker."


def run(app: str, *, bind: str | Sequence[str] | None = None, workers: int | None = None, **options: Any) -> int:
    """Serve with a supervisor and workers until told to stop, as the command does, and return the exit code.

    What is not given may come from the environment and from configuration files, as for the command. It is for a
    program's main thread.

    Args:
        app: what to serve, as a text: `"MODULE:NAME"`, or any other TARGET. Workers are interpreters of their own,
            which import it.
        bind: addresses; `127.0.0.1:8000` unless somebody says another.
        workers: how many processes serve; one for each usable core unless somebody says another number.
        options: the others, by their names in `api_hour.config.Settings`.

    Returns:
        0 after a stop; 3 if the daemon did not come up, for which the log has the reason.

    Raises:
        TypeError: `app` is no text, or there is no such option.
        ConfigError: an option, a file or the form of `app` is not what it must be.
        RuntimeError: it cannot be called here: in a worker, within an event loop, or in another thread.
    """
    if not isinstance(app, str):
        raise TypeError(
            "api_hour.run(): expected TARGET as a text, 'MODULE:NAME', for workers are interpreters of their own, "
            f"which import it; got {app!r}. In this process, it is served by api_hour.serve()."
        )
    check_names("api_hour.run", options, option_flags())
    _check_place()
    _check_target(app)
    hold_standard_descriptors()
    with _process_kept():
        launch = _read_launch(app, {"bind": bind, "workers": workers, **options})
        try:
            return serve(launch)
        except StartError as error:
            LOG.error("%s", error)  # noqa: TRY400  # the message says it all
            return error.exit_code


def _read_launch(app: str, given: Mapping[str, Any]) -> Launch:
    """Return what a call, the environment and the files say now.

    Raises:
        ConfigError: an option is wrong.
    """
    sources = Sources()
    settings = settings_of_call(given, target=app, sources=sources.in_order())
    return Launch(
        target=app,
        settings=settings,
        again=partial(_read_launch, app, given),
        sources=sources.by_field,
        config_dir=sources.config_dir,
        file=sources.file,
        words=sources.words,
    )


def _check_place() -> None:
    """Refuse to become a supervisor where none can be."""
    specification = getattr(sys.modules.get("__main__"), "__spec__", None)
    if specification is not None and specification.name.startswith(WORKERS_MODULES):
        raise RuntimeError(
            "api_hour.run() was called while a worker imported its TARGET; "
            'call it under `if __name__ == "__main__":`, or in another module.'
        )
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("api_hour.run() handles signals, and is for the main thread; here, use api_hour.serve().")
    if _is_in_event_loop():
        raise RuntimeError(
            "api_hour.run() returns when the daemon ends, and would block the event loop that runs; "
            "here, use `async with api_hour.serve(app):`."
        )


def _is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _check_target(app: str) -> None:
    target = parse_target(app)
    if target.module == "__main__":
        file = getattr(sys.modules["__main__"], "__file__", None)
        module = "MODULE" if file is None else Path(file).stem
        raise ConfigError(f"TARGET: {app!r}: __main__ is another module in each process; name this one, {module}:NAME.")


@contextmanager
def _process_kept() -> Iterator[None]:
    directory = Path.cwd()
    umask = os.umask(0)
    os.umask(umask)
    environment = dict(os.environ)
    try:
        with title_kept(), logging_kept():
            yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        os.umask(umask)
        os.chdir(directory)
