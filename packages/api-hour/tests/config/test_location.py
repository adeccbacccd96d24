"""The address of the monitor."""

from pathlib import Path

import pytest
from recorded_daemon import clear_options, run_recorded

from api_hour.config import TcpBind, UnixBind


@pytest.fixture(autouse=True)
def no_options_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_options(monkeypatch, tmp_path)


def test_a_daemon_has_no_monitor_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_recorded(monkeypatch, "app:C")[0].monitor_bind() is None
    settings, _ = run_recorded(monkeypatch, "--monitor", "unix:m.sock", "--ready-needs-engines", "app:C")

    assert settings.monitor_bind() == UnixBind(path="m.sock")
    assert settings.ready_needs_engines


def test_the_monitor_s_address_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_HOUR_MONITOR", ":9000")

    assert run_recorded(monkeypatch, "app:C")[0].monitor_bind() == TcpBind(host="0.0.0.0", port=9000)  # noqa: S104
