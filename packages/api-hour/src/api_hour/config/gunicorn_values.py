"""Our settings under Gunicorn's names and with its values: what `files.py` reads, the other way round."""

from pathlib import Path
from typing import Any

from api_hour.access_log.lines import COMBINED, JSON, NAMED, OFF
from api_hour.config.binds import DEFAULT_BIND
from api_hour.config.gunicorn_settings import CONSOLE, OWN_WORKER_CLASS, taken_names
from api_hour.config.settings import Settings
from api_hour.config.sources import option_keys


def gunicorn_values(settings: Settings, target: str, *, uid: int, gid: int) -> dict[str, Any]:
    """Return every setting that has a meaning here, under Gunicorn's name and as Gunicorn shows it.

    Our own options are there, too, under their keys in a configuration file. Every value can travel as JSON.

    Args:
        settings: the options.
        target: what is served.
        uid: the workers' user.
        gid: the workers' group.
    """
    fields = {key: name for name, key in option_keys().items()}
    values = {name: _plain(getattr(settings, fields[key])) for name, key in taken_names(fields).items()}
    return values | {
        "bind": list(settings.bind) or [str(DEFAULT_BIND)],
        "proc_name": settings.name or target,
        "default_proc_name": target,
        "errorlog": values["errorlog"] or CONSOLE,
        "accesslog": None if settings.access_log in {None, OFF} else values["accesslog"] or CONSOLE,
        "access_log_format": _format(settings.access_log),
        "logconfig_json": values["logconfig"] if _is_json(settings.logconfig) else None,
        "pythonpath": ",".join(values["pythonpath"]) or None,
        "proxy_protocol": "auto" if settings.proxy_protocol else "off",
        "user": uid,
        "group": gid,
        "umask": settings.umask or 0,
        "config": _plain(settings.config),
        "config_dir": _plain(settings.config_dir),
        "auto_config": settings.auto_config,
        "worker_class": OWN_WORKER_CLASS,
        "preload_app": False,
        "debug": settings.reload,  # which Gunicorn had until its version 18
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _is_json(path: Path | None) -> bool:
    return path is not None and path.suffix == ".json"


def _format(text: str | None) -> str:
    return COMBINED if text is None or text in {OFF, JSON} else NAMED.get(text, text)
