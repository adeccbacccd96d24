"""One command line, read and checked: what every command starts from."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from api_hour.commands.certificates import check_certificates
from api_hour.config.files import ConfigFile
from api_hour.config.gunicorn_values import gunicorn_values
from api_hour.config.hooks import IN_WORKERS
from api_hour.config.http_options import HttpOptions
from api_hour.config.log_options import LogOptions
from api_hour.config.places import find_logconfig, find_main_yaml
from api_hour.config.settings import Settings
from api_hour.config.worker_options import WorkerOptions
from api_hour.control.spec import WorkerSpec
from api_hour.process.privileges import find_identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One command line, as it was understood.

    Attributes:
        target: what to serve.
        settings: every option.
        sources: where those are from that are no defaults, by field.
        config_dir: the directory of configuration, if there is one and no file names another.
        file: the configuration file, if there is one.
        again: reads the same once more: what the environment and the files say by then.
        words: what is to be said of options that do nothing.
    """

    target: str
    settings: Settings
    again: "Callable[[], Launch]"
    sources: dict[str, str] = field(default_factory=dict)
    config_dir: Path | None = None
    file: ConfigFile | None = None
    words: Sequence[str] = ()


def plan(launch: Launch) -> tuple[Settings, WorkerSpec, list[str]]:
    """Find and check all that the supervisor and its workers run with, and what to warn of. Every path is absolute.

    Raises:
        ConfigError: a file is missing, or an option cannot be honoured.
    """
    settings = launch.settings.as_served()
    default_tls = settings.default_tls()
    config_dir = _absolute(settings.config_dir) or launch.config_dir
    absolute = replace(
        settings,
        chdir=settings.chdir.absolute(),
        pid_file=_absolute(settings.pid_file),
        log_file=_absolute(settings.log_file),
        access_log_file=_absolute(settings.access_log_file),
        logconfig=find_logconfig(settings, config_dir),
    )
    main_yaml = find_main_yaml(config_dir)
    identity = find_identity(settings.user, settings.group)
    uid, gid = (os.geteuid(), os.getegid()) if identity is None else (identity.uid, identity.gid)
    spec = WorkerSpec(
        target=settings.target_of(launch.target),
        name=settings.name or launch.target,
        chdir=str(absolute.chdir),
        app_dirs=tuple(str(path.absolute()) for path in settings.app_dirs),
        main_yaml=None if main_yaml is None else str(main_yaml),
        worker=absolute.part(WorkerOptions),
        http=absolute.part(HttpOptions),
        log=absolute.part(LogOptions),
        prints_to_log=settings.daemon and settings.log_file is not None,
        identity=identity,
        own_tls=tuple(files and files.absolute() for files in settings.own_tls()),
        default_tls=default_tls and default_tls.absolute(),
        gunicorn=gunicorn_values(_with_files(absolute, launch), launch.target, uid=uid, gid=gid),
        hooks_file=_hooks_file(launch.file),
    )
    return absolute, spec, [*_words(launch), *check_certificates(spec.certificates())]


def _words(launch: Launch) -> list[str]:
    """Return what does not have the effect that somebody may expect."""
    of_file = [] if launch.file is None else [f"{launch.file.path}: {words}" for words in launch.file.words()]
    return [*launch.words, *of_file]


def _with_files(settings: Settings, launch: Launch) -> Settings:
    """Return the settings with the files that were found where none was named."""
    file = None if launch.file is None else launch.file.path
    return replace(settings, config=_absolute(file), config_dir=_absolute(settings.config_dir) or launch.config_dir)


def _hooks_file(file: ConfigFile | None) -> str | None:
    return None if file is None or IN_WORKERS.isdisjoint(file.hooks) else str(file.path.absolute())


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else path.absolute()
