"""What is known of a setting of Gunicorn's configuration files that does nothing here: that of its flag."""

from api_hour.config.habits.table import BY_FLAG

_OTHER_FLAGS = {  # where the setting's name is not the flag's
    "asgi_loop": "--asgi-loop",
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
    habit = BY_FLAG.get(_OTHER_FLAGS.get(name) or f"--{name.replace('_', '-')}")
    return f": {habit.says}" if habit is not None and habit.says else ""
