"""`--check-config`: everything is looked at, the target is imported, and nothing is served."""

import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from issued import Issuer
from recorded_daemon import clear_options

GOOD = "import api_hour\nclass Container(api_hour.Container): ...\n"


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


def check(app: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    Path("app.py").write_text(app)
    program = Path(sys.executable).with_name("api_hour")
    command = [str(program), "--check-config", *arguments, "app:Container"]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def test_a_good_configuration_is_one_line() -> None:
    ended = check(GOOD)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "app:Container: no error found.\n", "")


def test_the_file_that_was_read_is_named() -> None:
    Path("conf.toml").write_text("workers = 3\n")

    ended = check(GOOD, "-c", "conf.toml")

    assert (ended.returncode, ended.stdout) == (0, "app:Container and conf.toml: no error found.\n")


def test_a_taken_address_is_no_error_for_the_daemon_that_has_it_goes_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert check(GOOD, "-b", f"127.0.0.1:{other.getsockname()[1]}").returncode == 0


def test_a_target_that_raises_is_exit_code_3_with_the_traceback() -> None:
    ended = check("1 / 0")

    assert (ended.returncode, ended.stdout) == (3, "")
    assert 'app.py", line 1, in <module>\n    1 / 0\n' in ended.stderr
    assert ended.stderr.endswith(
        "ZeroDivisionError: division by zero\n"
        "api_hour: TARGET 'app:Container' cannot be imported; what it raised is above.\n"
    )


def test_a_target_that_is_not_there_is_exit_code_2_in_one_line() -> None:
    ended = check("")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "api_hour: TARGET 'app:Container': module 'app' has no 'Container'.\n"


def test_the_application_s_own_file_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "conf" / "main").mkdir(parents=True)
    (tmp_path / "conf" / "main" / "main.yaml").write_text("a: [")

    ended = check(GOOD, "--config_dir", "conf")

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"api_hour: {tmp_path}/conf/main/main.yaml: expected YAML in UTF-8; ")


def test_a_wrong_option_is_exit_code_2() -> None:
    ended = check(GOOD, "-w", "0")

    assert (ended.returncode, ended.stderr) == (2, "api_hour: -w: expected 1 or more, got 0.\n")


def test_the_target_is_imported_in_its_directory(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "app.py").write_text(GOOD + "from pathlib import Path\nPath('here').touch()\n")

    assert check("1 / 0", "--chdir", "below").returncode == 0
    assert (tmp_path / "below" / "here").exists()


def test_a_certificate_and_its_key_are_checked(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    first, second = issuer.issue("first"), issuer.issue("second")

    good = check(
        GOOD,
        "-b",
        f"127.0.0.1:0,cert={first.cert},key={first.key}",
        "--certfile",
        second.cert,
        "--keyfile",
        str(second.key),
    )
    bad = check(GOOD, "-b", f"127.0.0.1:0,cert={first.cert},key={second.key}")

    assert (good.returncode, good.stderr) == (0, "")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == f"api_hour: key {second.key}: it is not the key of certificate {first.cert}.\n"


def test_a_certificate_that_expires_soon_is_a_warning(tmp_path: Path) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3, hours=1)
    files = Issuer(tmp_path).issue("a", until=until)

    ended = check(GOOD, "--certfile", files.cert, "--keyfile", str(files.key))

    assert (ended.returncode, ended.stdout) == (0, "app:Container: no error found.\n")
    assert ended.stderr == (
        f"api_hour: warning: certificate {files.cert} expires in 3 days, on {until:%Y-%m-%d at %H:%M UTC}.\n"
    )
