"""Configuration files: what TOML and Python files set, and what is refused in them."""

from pathlib import Path

import pytest

from api_hour.config.files import FileOption, read_config_file
from api_hour.config.sources import option_keys
from api_hour.errors import ConfigError

KEYS = option_keys().values()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(name: str, text: str) -> dict[str, tuple[str, ...]]:
    """Write a file and return what it sets, by key."""
    Path(name).write_text(text, encoding="utf-8")
    return {option.key: option.texts for option in read_config_file(Path(name), KEYS).options}


def refusal(name: str, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(name, text)
    return str(caught.value)


# TOML.


def test_a_toml_file_sets_options_by_their_keys() -> None:
    assert read(
        "conf.toml",
        'bind = ["127.0.0.1:1", "unix:a"]\nworkers = 3\ndaemon = true\ntimeout = 2.5\nmax_rss = "512M"\numask = 0o27\n',
    ) == {
        "bind": ("127.0.0.1:1", "unix:a"),
        "workers": ("3",),
        "daemon": ("true",),
        "timeout": ("2.5",),
        "max_rss": ("512M",),
        "umask": ("0o27",),
    }


def test_one_address_in_a_toml_file_needs_no_list() -> None:
    assert read("conf.toml", 'bind = "127.0.0.1:1"') == {"bind": ("127.0.0.1:1",)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workerz = 3", "--config: conf.toml: 'workerz' is no option. Did you mean 'workers'?"),
        (
            "graceful-timeout = 3",
            "--config: conf.toml: 'graceful-timeout' is no option. Here it is 'graceful_timeout'.",
        ),
        ("timeout_keep_alive = 5", "--config: conf.toml: 'timeout_keep_alive' is no option. Here it is 'keep_alive'."),
        ("no_log = true", "--config: conf.toml: 'no_log' is no option. Here it is --log-level critical."),
        ("qqqq = 3", f"--config: conf.toml: 'qqqq' is no option. Options are {', '.join(sorted(KEYS))}."),
        ("config = 'x'", "--config: conf.toml: 'config' says which file is read; set it by flag or environment."),
        ("[bind]\na = 1", "--config: conf.toml: bind: expected a text or a list of texts; got {'a': 1}."),
        ("workers = [1, 2]", "--config: conf.toml: workers: expected a text, a number, true or false; got [1, 2]."),
        (
            "workers =",
            "--config: conf.toml: expected TOML in UTF-8; Invalid value (at end of document).",
        ),
    ],
)
def test_what_is_wrong_in_a_toml_file_is_named(text: str, message: str) -> None:
    assert refusal("conf.toml", text) == message


def test_a_key_that_means_nothing_here_is_reported_and_why() -> None:
    Path("conf.toml").write_text('worker_tmp_dir = "/dev/shm"\nworkers = 2\n')
    file = read_config_file(Path("conf.toml"), KEYS)

    assert [option.key for option in file.options] == ["workers"]
    assert file.words() == [
        "worker_tmp_dir does nothing here: workers show that they live over a socket, not by a file"
    ]


def test_a_toml_file_of_another_encoding_is_refused() -> None:
    Path("conf.toml").write_bytes(b'name = "\xff"')

    with pytest.raises(ConfigError) as caught:
        read_config_file(Path("conf.toml"), KEYS)

    assert str(caught.value) == (
        "--config: conf.toml: expected TOML in UTF-8; 'utf-8' codec can't decode byte 0xff in position 8: "
        "invalid start byte."
    )


def test_a_file_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        read_config_file(Path("no.toml"), KEYS)

    assert str(caught.value) == "--config: no.toml cannot be read: No such file or directory."


# Python, as Gunicorn reads it.


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raw_env = ['A=b', 'C=d']", {"env": ("A=b", "C=d")}),
        ("pythonpath = 'a,b'", {"app_dir": ("a", "b")}),
        ("root_path = '/api'", {"root_path": ("/api",)}),
        ("limit_request_line = 100\nlimit_request_fields = 5", {"max_url": ("100",), "max_headers": ("5",)}),
        ("websocket_max_message_size = 5", {"ws_max_size": ("5",)}),
        ("asgi_loop = 'uvloop'", {"loop": ("uvloop",)}),
        ("logconfig_json = 'a.json'", {"logconfig": ("a.json",)}),
        ("import ssl\ncert_reqs = ssl.CERT_REQUIRED\nciphers = 'ECDHE'", {"cert_reqs": ("2",), "ciphers": ("ECDHE",)}),
        ("import ssl\nssl_version = ssl.PROTOCOL_TLS_SERVER", {}),
        ("ssl_version = 'TLSv1_2'", {"tls_version": ("1.2",)}),
        ("header = {}\nenv = 'prod'\nloop = 1\nfactory = None\napp_dir = 3\nenv_file = '.env'", {}),
    ],
)
def test_settings_that_have_another_name_here_are_taken_and_the_file_s_variables_are_not(
    code: str, expected: dict[str, tuple[str, ...]]
) -> None:
    assert read("conf.py", code) == expected


def test_a_version_of_tls_that_is_not_spoken_is_refused() -> None:
    assert refusal("conf.py", "ssl_version = 'TLSv1'").startswith("--config: conf.py: ssl_version: expected 17 or TLS ")


def test_the_settings_of_gunicorn_with_a_meaning_here_are_taken_under_their_names() -> None:
    code = """
import os
bind = "127.0.0.1:1, unix:a"
workers = 2 * 2
backlog = 7
timeout = 8
graceful_timeout = 9
max_requests = 10
max_requests_jitter = 11
pidfile = "a.pid"
user = 65534
group = "nogroup"
umask = 0o27
chdir = "."
daemon = True
proc_name = "demo"
loglevel = "WARNING"
logconfig = "log.ini"
errorlog = "error.log"
keepalive = 5
worker_connections = 500
forwarded_allow_ips = "10.0.0.1,10.1.0.0/16"
proxy_protocol = "auto"
"""
    Path("conf.py").write_text(code)

    assert {option.name: (option.key, option.texts) for option in read_config_file(Path("conf.py"), KEYS).options} == {
        "bind": ("bind", ("127.0.0.1:1", "unix:a")),
        "workers": ("workers", ("4",)),
        "backlog": ("backlog", ("7",)),
        "timeout": ("timeout", ("8",)),
        "graceful_timeout": ("graceful_timeout", ("9",)),
        "max_requests": ("max_requests", ("10",)),
        "max_requests_jitter": ("max_requests_jitter", ("11",)),
        "pidfile": ("pid", ("a.pid",)),
        "user": ("user", ("65534",)),
        "group": ("group", ("nogroup",)),
        "umask": ("umask", ("0o27",)),
        "chdir": ("chdir", (".",)),
        "daemon": ("daemon", ("true",)),
        "proc_name": ("name", ("demo",)),
        "loglevel": ("log_level", ("warning",)),
        "logconfig": ("logconfig", ("log.ini",)),
        "errorlog": ("log_file", ("error.log",)),
        "keepalive": ("keep_alive", ("5",)),
        "worker_connections": ("max_connections", ("500",)),
        "forwarded_allow_ips": ("trusted_proxy", ("10.0.0.1", "10.1.0.0/16")),
        "proxy_headers": ("proxy_headers", ("x-forwarded",)),
        "proxy_protocol": ("proxy_protocol", ("true",)),
    }


def test_our_own_options_are_taken_from_a_python_file_too() -> None:
    assert read("conf.py", "boot_timeout = 5\nunix_mode = 0o660\nbind = ('a:1', 'b:2')\n") == {
        "boot_timeout": ("5",),
        "unix_mode": ("0o660",),
        "bind": ("a:1", "b:2"),
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [("True", "true"), ("False", "false"), ("'off'", "false"), ("'V2'", "true"), ("'v3'", "v3")],  # the last is refused
)
def test_the_proxy_protocol_of_gunicorn_is_on_or_off(value: str, text: str) -> None:
    assert read("conf.py", f"proxy_protocol = {value}\n") == {"proxy_protocol": (text,)}


def test_none_and_standard_error_mean_the_default() -> None:
    assert (
        read("conf.py", "pidfile = None\nuser = None\nerrorlog = '-'\naccesslog = None\nproxy_protocol = None\n") == {}
    )


def test_variables_are_left_alone_also_if_they_are_called_like_an_option_that_gunicorn_names_otherwise() -> None:
    assert read("conf.py", "import os\n_workers = 3\nname = 'x'\npid = os.getpid()\nworkerz = 3\ndef f(): ...\n") == {}


def test_settings_of_gunicorn_without_a_meaning_here_are_named() -> None:
    Path("conf.py").write_text(
        "worker_class = 'sync'\npreload_app = True\nsendfile = True\nworkers = 1\nx = 1\naccesslog = None\n"
        "def post_fork(server, worker): ...\n"
    )

    config_file = read_config_file(Path("conf.py"), KEYS)

    assert config_file.without_meaning == ("preload_app", "sendfile", "worker_class")
    assert config_file.options == (FileOption(name="workers", key="workers", texts=("1",)),)


def test_the_worker_class_of_earlier_versions_is_not_worth_a_word() -> None:
    Path("conf.py").write_text("worker_class = 'api_hour.Worker'\n")

    assert read_config_file(Path("conf.py"), KEYS).without_meaning == ()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "--config: conf.py raised ZeroDivisionError: division by zero"),
        ("import no_such_module", "--config: conf.py raised ModuleNotFoundError: No module named 'no_such_module'"),
        ("workers =", "--config: conf.py raised SyntaxError: invalid syntax (conf.py, line 1)"),
        ("raise SystemExit(5)", "--config: conf.py raised SystemExit: 5"),
        ("workers = {}", "--config: conf.py: workers: expected a text, a number, true or false; got {}."),
        ("bind = [1, None]", "--config: conf.py: bind: expected a text or a list of texts; got None."),
        ("loglevel = []", "--config: conf.py: loglevel: expected a text, a number, true or false; got []."),
    ],
)
def test_what_is_wrong_in_a_python_file_is_named(code: str, message: str) -> None:
    assert refusal("conf.py", code) == message
