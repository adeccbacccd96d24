"""Addresses, configuration directories and files, and which source of an option wins."""

import os
from pathlib import Path

import pytest
from cyclopts import CycloptsError
from hypothesis import given
from hypothesis import strategies as st
from recorded_daemon import clear_options, run_recorded

from api_hour.config import (
    Bind,
    Settings,
    TcpBind,
    UnixBind,
    find_config_dir,
    find_main_yaml,
    parse_bind,
    read_config_file,
)
from api_hour.errors import ConfigError


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


# Addresses.


@pytest.mark.parametrize(
    ("text", "bind"),
    [
        ("127.0.0.1:8000", TcpBind(host="127.0.0.1", port=8000)),
        ("localhost:0", TcpBind(host="localhost", port=0)),
        ("example.org:65535", TcpBind(host="example.org", port=65535)),
        (":8008", TcpBind(host="0.0.0.0", port=8008)),  # noqa: S104  # what `:PORT` asks for
        ("[::1]:8000", TcpBind(host="::1", port=8000)),
        ("[::]:8000", TcpBind(host="::", port=8000)),
        ("unix:/run/api_hour.sock", UnixBind(path="/run/api_hour.sock")),
        ("unix:relative.sock", UnixBind(path="relative.sock")),
        ("unix:with:colon:80", UnixBind(path="with:colon:80")),
    ],
)
def test_every_form_of_an_address_is_read(text: str, bind: Bind) -> None:
    assert parse_bind(text) == bind


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "8000",
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:-1",
        "localhost:+1",
        "localhost: 1",
        "localhost:1_0",
        "localhost:65536",
        "localhost:" + "9" * 5000,
        "localhost:\u0661",
        "::1:8000",
        "[::1]",
        "[::1:8000",
        "::1]:8000",
        "[]:8000",
        "[127.0.0.1]:8000",
        "unix:",
        "http://localhost:8000",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_bind(text)

    assert str(caught.value) == (
        f"--bind: expected HOST:PORT, [IPV6]:PORT or unix:PATH, such as 127.0.0.1:8000; got {text!r}."
    )


@given(
    st.builds(TcpBind, host=st.sampled_from(["a", "127.0.0.1", "::1", "fe80::1"]), port=st.integers(0, 65535))
    | st.builds(UnixBind, path=st.text(min_size=1))
)
def test_an_address_is_written_as_it_is_read(bind: Bind) -> None:
    assert parse_bind(str(bind)) == bind


def test_the_addresses_of_the_settings_keep_their_order() -> None:
    settings = Settings(bind=("unix:b", "127.0.0.1:1"))

    assert settings.binds() == (UnixBind(path="b"), TcpBind(host="127.0.0.1", port=1))


# Directories and files.


def test_no_configuration_directory_is_looked_for_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "etc" / "app").mkdir(parents=True)

    assert find_config_dir(Settings(), "app:Container") is None
    assert find_main_yaml(None) is None


def test_auto_config_finds_the_directory_named_after_the_module(tmp_path: Path) -> None:
    (tmp_path / "etc" / "app").mkdir(parents=True)

    assert find_config_dir(Settings(auto_config=True), "app:Container") == tmp_path / "etc" / "app"


def test_auto_config_looks_below_the_directory_to_change_to(tmp_path: Path) -> None:
    (tmp_path / "below" / "etc" / "app").mkdir(parents=True)
    settings = Settings(auto_config=True, chdir=Path("below"))

    assert find_config_dir(settings, "app:Container") == tmp_path / "below" / "etc" / "app"


@pytest.mark.parametrize("auto_config", [True, False])
def test_the_directory_that_is_named_wins(tmp_path: Path, auto_config: bool) -> None:
    (tmp_path / "etc" / "app").mkdir(parents=True)
    settings = Settings(auto_config=auto_config, config_dir=Path("mine"))

    assert find_config_dir(settings, "app:Container") == tmp_path / "mine"


def test_auto_config_without_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config_dir(Settings(auto_config=True), "app:Container")

    assert str(caught.value) == (
        f"--auto_config: expected a directory {tmp_path}/etc/app; there is none. Name one with --config_dir."
    )


def test_the_main_file_is_found_in_the_directory(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "main.yaml").touch()

    assert find_main_yaml(tmp_path) == tmp_path / "main" / "main.yaml"


def test_a_directory_without_the_main_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_main_yaml(tmp_path)

    assert str(caught.value) == f"--config_dir: expected a file {tmp_path}/main/main.yaml; there is none."


def test_a_configuration_file_gives_its_values_alone(tmp_path: Path) -> None:
    path = tmp_path / "gunicorn_conf.py"
    path.write_text(
        "import os\nfrom pathlib import Path\n_private = 1\nworkers = 2 * 2\nbind = ['a:1']\ndef on_exit(server): ...\n"
    )

    assert read_config_file(path) == {"workers": 4, "bind": ["a:1"]}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("workers =", "SyntaxError: invalid syntax (gunicorn_conf.py, line 1)"),
        ("raise SystemExit(5)", "SystemExit: 5"),
    ],
)
def test_a_configuration_file_that_raises_is_refused(tmp_path: Path, code: str, reason: str) -> None:
    path = tmp_path / "gunicorn_conf.py"
    path.write_text(code)

    with pytest.raises(ConfigError) as caught:
        read_config_file(path)

    assert str(caught.value) == f"--config: {path} raised {reason}"


# Which source of an option wins.


def test_every_option_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, _ = run_recorded(monkeypatch, "app:Container")

    assert settings == Settings()
    assert settings.workers == os.cpu_count()


SOURCES = ("config file", "environment", "flag")


@pytest.mark.parametrize("last", SOURCES)
def test_a_later_source_of_an_option_wins(last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used = SOURCES[: SOURCES.index(last) + 1]
    arguments = []
    if "config file" in used:
        (tmp_path / "conf.py").write_text(
            "workers = 21\nbacklog = 21\ngraceful_timeout = 21\nbind = ['127.0.0.1:21', ':21']\n"
        )
        arguments += ["-c", "conf.py"]
    if "environment" in used:
        monkeypatch.setenv("WEB_CONCURRENCY", "22")
        monkeypatch.setenv("API_HOUR_BACKLOG", "22")
        monkeypatch.setenv("API_HOUR_GRACEFUL_TIMEOUT", "22")
        monkeypatch.setenv("API_HOUR_BIND", "127.0.0.1:22 :22")
    if "flag" in used:
        arguments += ["-w23", "--backlog", "23", "--graceful-timeout=23", "-b", "127.0.0.1:23", "--bind", ":23"]

    settings, _ = run_recorded(monkeypatch, *arguments, "app:Container")

    number = 21 + SOURCES.index(last)
    assert settings.workers == number
    assert settings.backlog == number
    assert settings.graceful_timeout_s == number
    assert settings.bind == (f"127.0.0.1:{number}", f":{number}")
    assert settings.boot_timeout_s == Settings().boot_timeout_s


def test_the_number_of_workers_has_two_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_HOUR_WORKERS", "3")
    assert run_recorded(monkeypatch, "app:Container")[0].workers == 3

    monkeypatch.setenv("WEB_CONCURRENCY", "5")
    assert run_recorded(monkeypatch, "app:Container")[0].workers == 5


def test_auto_config_reads_the_files_of_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "etc" / "app"
    for name in ("main/main.yaml", "api_hour/gunicorn_conf.py", "api_hour/logging.ini"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).touch()
    (directory / "api_hour" / "gunicorn_conf.py").write_text("workers = 3\n")

    settings, spec = run_recorded(monkeypatch, "-ac", "app:Container")

    assert settings.workers == 3
    assert spec.main_yaml == str(directory / "main" / "main.yaml")
    assert spec.logconfig == str(directory / "api_hour" / "logging.ini")


def test_files_that_are_named_are_read_instead_of_those_of_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("main/main.yaml", "api_hour/gunicorn_conf.py", "api_hour/logging.ini"):
        (tmp_path / "etc" / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc" / "app" / name).touch()
    (tmp_path / "conf.py").write_text("workers = 4\n")
    (tmp_path / "log.ini").touch()

    settings, spec = run_recorded(monkeypatch, "-ac", "-c", "conf.py", "--logconfig", "log.ini", "app:Container")

    assert settings.workers == 4
    assert spec.logconfig == str(tmp_path / "log.ini")


def test_only_the_main_file_of_the_directory_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf" / "main").mkdir(parents=True)
    (tmp_path / "conf" / "main" / "main.yaml").touch()

    for arguments in (["-ac", "--config_dir", "conf"], ["--config_dir=conf"]):
        settings, spec = run_recorded(monkeypatch, *arguments, "app:Container")

        assert settings.workers == Settings().workers
        assert spec.main_yaml == str(tmp_path / "conf" / "main" / "main.yaml")
        assert spec.logconfig is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("nope = 1", 'Unknown option: "[nope]" from conf.py.'),
        ("worker_class = 'x'", 'Unknown option: "[worker_class]" from conf.py. Did you mean --workers?'),
        ("workers = 'many'", 'Invalid value for [workers] from conf.py: unable to convert "many" into int.'),
        ("workers = 0", 'Invalid value "0" for [workers] provided by conf.py. expected 1 or more, got 0.'),
        (
            "graceful_timeout = -1",
            'Invalid value "-1.0" for [graceful_timeout] provided by conf.py. expected 0 or more, got -1.0.',
        ),
        ("chdir = 'x'", "Invalid value \"x\" for [chdir] provided by conf.py. expected a directory, got 'x'."),
        ("logconfig = 'x'", "Invalid value \"x\" for [logconfig] provided by conf.py. expected a file, got 'x'."),
    ],
)
def test_a_wrong_option_in_a_configuration_file_is_refused(
    code: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf.py").write_text(code)

    with pytest.raises(CycloptsError) as caught:
        run_recorded(monkeypatch, "-c", "conf.py", "app:Container")

    assert str(caught.value) == message


def test_a_wrong_address_in_a_configuration_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf.py").write_text("bind = ['127.0.0.1:1', 'nowhere']")

    with pytest.raises(ConfigError) as caught:
        run_recorded(monkeypatch, "-c", "conf.py", "app:Container")

    assert str(caught.value) == (
        "--bind: expected HOST:PORT, [IPV6]:PORT or unix:PATH, such as 127.0.0.1:8000; got 'nowhere'."
    )


# The monitor, and development.


def test_a_daemon_has_no_monitor_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_recorded(monkeypatch, "app:C")[0].monitor_bind() is None
    settings, _ = run_recorded(monkeypatch, "--monitor", "unix:m.sock", "--ready-needs-engines", "app:C")

    assert settings.monitor_bind() == UnixBind(path="m.sock")
    assert settings.ready_needs_engines


def test_the_monitor_s_address_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_HOUR_MONITOR", ":9000")

    assert run_recorded(monkeypatch, "app:C")[0].monitor_bind() == TcpBind(host="0.0.0.0", port=9000)  # noqa: S104


def test_a_reload_for_development_means_one_worker_that_keeps_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, spec = run_recorded(monkeypatch, "--reload", "-w4", "--drain-timeout", "10", "app:C")

    assert (settings.workers, settings.drain_timeout_s) == (1, 0.0)
    assert (spec.workers, spec.drain_timeout_s) == (1, 0.0)
