"""`api_hour TARGET`: serve until told to stop, in the foreground or, with `--daemon`, in the background."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api_hour.commands.hooks import GunicornHooks
from api_hour.commands.launch import Launch, plan
from api_hour.commands.reread import Rereading
from api_hour.config.env_file import load_env_file
from api_hour.config.hooks import Hooks
from api_hour.config.settings import Settings
from api_hour.control.logs import begin_logging
from api_hour.process.detaching import Launcher, Nobody, detached
from api_hour.process.title import name_supervisor
from api_hour.supervisor.daemon import run_daemon
from api_hour.supervisor.handover import PREDECESSOR_VARIABLE

LOG = logging.getLogger("api_hour.config")


def serve(launch: Launch) -> int:
    """Serve until told to stop, and return the exit code.

    Raises:
        ApiHourError: the configuration is wrong, or the daemon cannot come up.
    """
    for path in launch.settings.env_files:
        load_env_file(path)
    settings, spec, warnings = plan(launch)
    launched_in = Path.cwd()
    with _launcher(settings) as launcher:
        begin_logging(spec)
        for warning in warnings:
            LOG.warning("%s", warning)
        name_supervisor(spec.name)
        if settings.umask is not None:
            os.umask(settings.umask)
        os.chdir(settings.chdir)
        os.environ.update(settings.variables())
        hooks = GunicornHooks(Hooks(launch.file.hooks), spec) if launch.file and launch.file.hooks else None
        reread = Rereading(launch, launched_in)
        return run_daemon(settings, spec, launched_in=launched_in, launcher=launcher, hooks=hooks, reread=reread)


@contextmanager
def _launcher(settings: Settings) -> Iterator[Launcher]:
    if settings.daemon and PREDECESSOR_VARIABLE not in os.environ:  # a successor is in the background already
        with detached(settings.log_file) as command:
            yield command
    else:
        yield Nobody()
