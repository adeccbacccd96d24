"""What is said about a value that cannot be: it is named as whoever wrote it knows it."""

from pathlib import Path

import pytest
from cyclopts import CycloptsError
from recorded_daemon import clear_options, run_recorded

from api_hour.config.complaints import explain


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("workers = 'many'", "workers in conf.py: expected a whole number; got 'many'."),
        ("workers = True", "workers in conf.py: expected a whole number; got 'true'."),
        ("workers = 0", "workers in conf.py: expected 1 or more, got 0."),
        ("graceful_timeout = -1", "graceful_timeout in conf.py: expected 0 or more, got -1.0."),
        ("timeout = 'x'", "timeout in conf.py: expected a number; got 'x'."),
        ("daemon = 'perhaps'", "daemon in conf.py: expected true or false; got 'perhaps'."),
        ("chdir = 'x'", "chdir in conf.py: expected a directory, got 'x'."),
        ("logconfig = 'x'", "logconfig in conf.py: expected a file, got 'x'."),
        ("pidfile = 'x/a.pid'", "pidfile in conf.py: expected a file in a directory that exists, got 'x/a.pid'."),
        ("proc_name = ''", "proc_name in conf.py: expected a name of printable characters, got ''."),
        ("umask = '9'", "umask in conf.py: expected up to three octal digits, such as 0660; got '9'."),
        ("umask = 0o1777", "umask in conf.py: expected up to three octal digits, such as 0660; got '0o1777'."),
        ("max_rss = '1T'", "max_rss in conf.py: expected bytes, such as 512M or 2G; got '1T'."),
        (
            "loglevel = 'loud'",
            "loglevel in conf.py: expected one of trace, debug, info, warning, error, critical; got 'loud'.",
        ),
        (
            "bind = ['127.0.0.1:1', 'nowhere']",
            (
                "bind in conf.py: expected HOST:PORT, [IPV6]:PORT, unix:PATH, unix:@NAME, udp:HOST:PORT, "
                "udp:[IPV6]:PORT or fd://N, such as 127.0.0.1:8000; got 'nowhere'."
            ),
        ),
    ],
)
def test_a_wrong_value_in_a_configuration_file_is_refused_by_the_name_it_has_there(
    code: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf.py").write_text(code)

    with pytest.raises(CycloptsError) as caught:
        run_recorded(monkeypatch, "-c", "conf.py", "app:Container")

    assert explain(caught.value) == message


def test_a_file_that_does_not_exist_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_HOUR_CONFIG", "no.toml")

    with pytest.raises(CycloptsError) as caught:
        run_recorded(monkeypatch, "app:Container")

    assert explain(caught.value) == "API_HOUR_CONFIG in the environment: expected a file, got 'no.toml'."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-w", "many", "app:C"], "-w: expected a whole number; got 'many'."),
        (["-w", "0", "app:C"], "-w: expected 1 or more, got 0."),
        (["app:C", "more", "yet"], "expected one TARGET; what is 'more yet'? See api_hour --help."),
        (["--http2", "app:C"], "--http2: there is no such option; HTTP/2 is not spoken; a proxy before API-Hour may."),
        (
            ["app:C", "--protocol=uwsgi"],
            "--protocol: there is no such option; uwsgi and FastCGI are not spoken; let the proxy speak HTTP.",
        ),
        (["--workers-max", "3", "app:C"], "Unknown option: --workers-max."),
        (["--workerz", "3", "app:C"], "Unknown option: --workerz. Did you mean --workers?"),
        (["--chdir"], "Parameter --chdir requires an argument."),
    ],
)
def test_a_wrong_flag_is_refused_by_the_name_it_was_given(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CycloptsError) as caught:
        run_recorded(monkeypatch, *arguments)

    assert explain(caught.value) == message
