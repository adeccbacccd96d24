"""For development: watches the source files, and asks for a reload when one changes.

watchfiles watches in a thread of its own, which says so through a socket to the supervisor's selector: the decisions
are made in one thread alone.
"""

import logging
import selectors
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.machinery import PathFinder
from pathlib import Path, PurePath

from api_hour.config.reload_options import ReloadOptions
from api_hour.control.spec import WorkerSpec
from api_hour.errors import ConfigError

LOG = logging.getLogger("api_hour.supervisor")

SUFFIXES = (".py", ".yaml", ".toml")
DEBOUNCE_MS = 500  # changes that follow each other as closely are one: an editor's, a checkout's
POLL_MS = 50  # how often it is looked whether they have ended, or whether the watch has


def source_paths(target: str, directories: Sequence[str], files: Sequence[str | None]) -> list[Path]:
    """Return what is watched: the working directory, and what lies elsewhere of the application.

    Args:
        target: `MODULE:CONTAINER`.
        directories: where modules are looked for first.
        files: configuration files; None for one that there is not.
    """
    places = [*map(Path, directories), *(Path(file).parent for file in files if file is not None)]
    found = PathFinder.find_spec(target.partition(":")[0].partition(".")[0], [*directories, *sys.path])
    if found is not None and found.submodule_search_locations:
        places += map(Path, found.submodule_search_locations)
    elif found is not None and found.origin is not None:
        places.append(Path(found.origin).parent)
    paths: list[Path] = []
    for place in dict.fromkeys(map(Path.resolve, places)):
        if not any(place.is_relative_to(path) for path in paths):
            paths.append(place)
    return paths


@contextmanager
def watched_sources(
    spec: WorkerSpec, options: ReloadOptions, selector: selectors.BaseSelector, on_change: Callable[[], None]
) -> Iterator[None]:
    """Watch the sources of what is served; the watch has ended after the block.

    Args:
        spec: what is served.
        options: which files of which directories count.
        selector: where the change is announced; the callback to call is the key's data.
        on_change: called in the selector's thread.

    Raises:
        ConfigError: watchfiles is not installed.
    """
    try:
        import watchfiles  # noqa: F401, PLC0415  # it may not be installed
    except ImportError as error:
        raise ConfigError(
            "--reload: expected watchfiles to be installed; it is not. Install api-hour[reload]."
        ) from error
    paths = [path.absolute() for path in options.reload_dirs] or source_paths(
        spec.target, (*spec.app_dirs, spec.chdir), [spec.main_yaml]
    )
    passes = partial(is_source, included=options.reload_include, excluded=options.reload_exclude)
    ours, theirs = socket.socketpair()
    end = threading.Event()
    thread = threading.Thread(target=_watch, args=(paths, passes, theirs, end), name="api_hour reload", daemon=True)
    with ours, theirs:
        selector.register(ours, selectors.EVENT_READ, lambda: _take_in(ours, on_change))
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()
            selector.unregister(ours)


def is_source(name: str, *, included: Sequence[str] = (), excluded: Sequence[str] = ()) -> bool:
    """Tell whether a file is one that an application is made of.

    Args:
        name: the file's path.
        included: patterns of files that are, beside those with the SUFFIXES: of the last parts of the path.
        excluded: patterns of files, or of a directory above them, that are not.
    """
    path = PurePath(name)
    if any(place.match(pattern) for pattern in excluded for place in (path, *path.parents)):
        return False
    return name.endswith(SUFFIXES) or any(path.match(pattern) for pattern in included)


def _take_in(ours: socket.socket, on_change: Callable[[], None]) -> None:
    for name in ours.recv(65536).decode().splitlines():
        LOG.info("%s has changed", name)
    on_change()


def _watch(paths: Sequence[Path], is_ours: Callable[[str], bool], theirs: socket.socket, end: threading.Event) -> None:
    """Send the name of a changed file for each change, until the end."""
    from watchfiles import DefaultFilter, watch  # noqa: PLC0415  # it may not be installed

    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # what has changed is said once, by us
    passes = DefaultFilter()
    LOG.info("watching %s", ", ".join(map(str, paths)))
    try:
        for changes in watch(
            *paths,
            watch_filter=lambda change, path: is_ours(path) and passes(change, path),
            debounce=DEBOUNCE_MS,
            step=POLL_MS,
            stop_event=end,
            raise_interrupt=False,
        ):
            theirs.sendall(min(path for _, path in changes).encode() + b"\n")
    except OSError as error:
        LOG.error("--reload: the sources are not watched any more: %s", error)  # noqa: TRY400  # the message says it all
