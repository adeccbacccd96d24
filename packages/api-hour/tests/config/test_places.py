"""Where the files of a configuration are looked for."""

from pathlib import Path

import pytest
from recorded_daemon import clear_options

from api_hour.config import Settings
from api_hour.config.places import find_config_dir, find_config_file, find_logconfig, find_main_yaml
from api_hour.errors import ConfigError


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


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


def write_directory(etc: Path) -> None:
    """Write the three files of a configuration directory."""
    for name in ("main/main.yaml", "api_hour/gunicorn_conf.py", "api_hour/logging.ini"):
        (etc / name).parent.mkdir(parents=True, exist_ok=True)
        (etc / name).touch()


def test_with_auto_config_the_files_of_the_directory_are_found(tmp_path: Path) -> None:
    etc = tmp_path / "etc" / "app"
    write_directory(etc)
    settings = Settings(auto_config=True)

    assert find_config_file(settings, etc) == etc / "api_hour" / "gunicorn_conf.py"
    assert find_logconfig(settings, etc) == etc / "api_hour" / "logging.ini"


def test_only_the_main_file_must_be_in_the_directory(tmp_path: Path) -> None:
    settings = Settings(auto_config=True)

    assert find_config_file(settings, tmp_path) is None
    assert find_logconfig(settings, tmp_path) is None
    assert find_config_file(settings, None) is None


def test_without_auto_config_the_directory_gives_the_main_file_alone(tmp_path: Path) -> None:
    write_directory(tmp_path / "mine")
    settings = Settings(config_dir=Path("mine"))

    assert find_config_file(settings, tmp_path / "mine") is None
    assert find_logconfig(settings, tmp_path / "mine") is None
    assert find_logconfig(settings, None) is None


def test_files_that_are_named_win_over_those_of_the_directory(tmp_path: Path) -> None:
    write_directory(tmp_path / "etc" / "app")
    settings = Settings(auto_config=True, config=Path("own.toml"), logconfig=Path("own.ini"))

    assert find_config_file(settings, tmp_path / "etc" / "app") == Path("own.toml")
    assert find_logconfig(settings, tmp_path / "etc" / "app") == tmp_path / "own.ini"
