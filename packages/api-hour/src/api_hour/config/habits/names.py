"""What is known of a name in a configuration file that is no option here: its habit is that of its flag."""

from api_hour.config.habits.habit import Habit, Kind
from api_hour.config.habits.table import BY_FLAG

_OTHER_FLAGS = {  # of Gunicorn's settings, where the name is not the flag's
    "control_socket_disable": "--no-control-socket",
    "dirty_apps": "--dirty-app",
    "preload_app": "--preload",
    "proxy_allow_ips": "--proxy-allow-from",
    "raw_paste_global_conf": "--paste-global",
    "reload_extra_files": "--reload-extra-file",
    "sendfile": "--no-sendfile",
    "syslog": "--log-syslog",
    "syslog_addr": "--log-syslog-to",
    "syslog_facility": "--log-syslog-facility",
    "syslog_prefix": "--log-syslog-prefix",
    "uwsgi_allow_ips": "--uwsgi-allow-from",
    "limit_request_field_size": "--limit-request-field_size",
}


def reason_for(name: str) -> str:
    """Return why a setting does nothing, as the end of a sentence; empty if that is not known."""
    habit = _habit(name)
    return f": {habit.says}" if habit is not None and habit.says else ""


def is_idle(name: str) -> bool:
    """Tell whether a name is that of an option which is accepted and does nothing."""
    habit = _habit(name)
    return habit is not None and habit.kind is Kind.IDLE


def hint_for(name: str) -> str | None:
    """Return what a name is here, as a sentence; None if it is not known."""
    habit = _habit(name)
    if habit is None:
        return None
    if habit.here:
        return f"Here it is {habit.here[2:].replace('-', '_')!r}."
    return f"{habit.says[:1].upper()}{habit.says[1:]}."


def _habit(name: str) -> Habit | None:
    return BY_FLAG.get(_OTHER_FLAGS.get(name) or f"--{name.replace('_', '-')}")
