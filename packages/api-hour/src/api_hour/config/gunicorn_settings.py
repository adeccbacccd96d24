"""The names that a Python configuration file may set: Gunicorn's settings that have a meaning here, and our own.

Gunicorn reads the same file, so four kinds of names are told apart: those that are taken, hooks, Gunicorn's
that nothing here corresponds to (they are reported), and variables of the file's own (they are left alone, as Gunicorn
does).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from api_hour.access_log.lines import COMBINED

RENAMED = {
    "asgi_loop": "loop",
    "limit_request_fields": "max_headers",
    "limit_request_line": "max_url",
    "logconfig_json": "logconfig",
    "pythonpath": "app_dir",
    "raw_env": "env",
    "ssl_version": "tls_version",
    "websocket_max_message_size": "ws_max_size",
    "pidfile": "pid",
    "proc_name": "name",
    "loglevel": "log_level",
    "errorlog": "log_file",
    "accesslog": "access_log_file",
    "access_log_format": "access_log",
    "keepalive": "keep_alive",
    "worker_connections": "max_connections",
    "forwarded_allow_ips": "trusted_proxy",
    "asgi_lifespan": "lifespan",
}

# What such files call variables of their own, and what Gunicorn has another name for.
OF_THE_FILE = frozenset(
    """
    access_log access_log_file app_dir env env_file factory header keep_alive lifespan log_file log_level loop
    max_connections name pid trusted_proxy
    """.split()  # noqa: SIM905
)

PROXY_PROTOCOLS = {
    **dict.fromkeys(("off", "false", "0", "none"), False),
    **dict.fromkeys(("auto", "true", "1", "v1", "v2"), True),
}

CONSOLE = "-"  # where `errorlog` and `accesslog` go unless it is a file
OWN_WORKER_CLASS = "api_hour.Worker"  # what `worker_class` had to be for API-Hour up to 0.8.2

HOOKS: dict[str, tuple[str, ...]] = {
    "on_starting": ("server",),
    "when_ready": ("server",),
    "nworkers_changed": ("server", "new_value", "old_value"),
    "pre_fork": ("server", "worker"),
    "post_fork": ("server", "worker"),
    "post_worker_init": ("worker",),
    "pre_request": ("worker", "req"),
    "post_request": ("worker", "req", "environ", "resp"),
    "worker_int": ("worker",),
    "worker_abort": ("worker",),
    "worker_exit": ("server", "worker"),
    "child_exit": ("server", "worker"),
    "on_reload": ("server",),
    "on_exit": ("server",),
}
"""The functions that a file may define, with what each is called with: see `hooks.py`."""

WITHOUT_MEANING = frozenset(
    """
    asgi_disconnect_grace_period capture_output
    casefold_http_method check_config config control_socket
    control_socket_disable control_socket_mode default_proc_name dirty_apps dirty_graceful_timeout
    dirty_post_fork dirty_threads dirty_timeout dirty_worker_exit dirty_worker_init dirty_workers
    disable_redirect_access_to_syslog do_handshake_on_connect enable_backlog_metric
    enable_stdio_inheritance forwarder_headers header_map http2_cleartext
    http2_initial_window_size http2_max_concurrent_streams http2_max_frame_size http2_max_header_list_size
    http_parser http_protocols initgroups limit_request_field_size
    logconfig_dict logger_class on_dirty_starting
    paste permit_obsolete_folding permit_unconventional_http_method
    permit_unconventional_http_version pre_exec
    preload_app print_config protocol proxy_allow_ips raw_paste_global_conf
    reload_engine reload_extra_files reuse_port secure_scheme_headers sendfile spew ssl_context
    strip_header_spaces suppress_ragged_eofs syslog syslog_addr
    syslog_facility syslog_prefix tmp_upload_dir uwsgi_allow_ips
    worker_class worker_tmp_dir wsgi_app
    """.split()  # noqa: SIM905  # a hundred names are read best as lines of text
)


def taken_names(keys: Iterable[str]) -> dict[str, str]:
    """Return which names a Python file may set, each with our option's key.

    Args:
        keys: the keys of all options that a file may set.
    """
    return {key: key for key in keys if key not in OF_THE_FILE} | RENAMED


def with_implied(names: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names with what Gunicorn takes from them, too.

    `accesslog` switches the access log on, and gives its format a default; without it a format means nothing.
    `forwarded_allow_ips` has the `X-Forwarded-` headers of these proxies believed.
    """
    implied = dict(names)
    if names.get("accesslog"):
        implied.setdefault("access_log_format", COMBINED)
    else:
        implied.pop("access_log_format", None)
    if names.get("forwarded_allow_ips"):
        implied.setdefault("proxy_headers", "x-forwarded")
    return implied


def is_reported(name: str, value: object) -> bool:
    """Tell whether a name is a setting of Gunicorn that has no meaning here."""
    return name in WITHOUT_MEANING and value is not None and value != OWN_WORKER_CLASS
