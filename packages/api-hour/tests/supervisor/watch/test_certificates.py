"""Files of certificates that change: when they are read, what is given to the workers, and what is said."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from issued import Issuer

from api_hour.config.tls_files import TlsFiles
from api_hour.supervisor.watch.certificates import LOOK_INTERVAL_S, CertificateWatch
from api_hour.tls import TlsPem, read_pem

FAR = datetime(2049, 1, 2, 3, 4, tzinfo=UTC)


class Watch:
    """A watch, its clock, and what it has published."""

    def __init__(self, *certificates: TlsFiles) -> None:
        self.published: list[Sequence[TlsPem]] = []
        self.watch = CertificateWatch(certificates, self.published.append)
        self.now_s = 100.0
        self.look()

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.now_s += LOOK_INTERVAL_S
            self.watch.look_if_due(self.now_s)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


def messages(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(record.levelno, record.getMessage()) for record in caplog.records]


def test_without_certificates_there_is_nothing_to_wait_for() -> None:
    assert CertificateWatch([], print).due_at_s is None


def test_files_are_looked_at_in_intervals(issuer: Issuer) -> None:
    files = issuer.issue("a")
    watch = Watch(files)
    assert watch.watch.due_at_s == watch.now_s + LOOK_INTERVAL_S
    issuer.issue("a")

    for _ in range(10):
        watch.watch.look_if_due(watch.now_s)

    assert watch.published == []


def test_what_has_changed_is_published_once_when_it_rests(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    files, other = issuer.issue("a", until=FAR), issuer.issue("b")
    watch = Watch(files, other)
    issuer.issue("a", until=FAR)

    watch.look()
    assert watch.published == []
    watch.look(5)

    assert watch.published == [[read_pem(files)]]
    assert messages(caplog) == [
        (logging.INFO, f"certificate {files.cert} has changed: new connections get it, until 2049-01-02 03:04 UTC")
    ]


def test_files_that_are_still_being_written_are_left_alone(issuer: Issuer) -> None:
    files = issuer.issue("a")
    watch = Watch(files)

    for _ in range(5):
        issuer.issue("a")
        watch.look()
    assert watch.published == []
    watch.look()

    assert watch.published == [[read_pem(files)]]


def test_what_cannot_be_used_is_said_once_and_not_published(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    files = issuer.issue("a")
    watch = Watch(files)
    Path(files.cert).unlink()

    watch.look(5)

    assert watch.published == []
    reason = f"certificate {files.cert} cannot be read: No such file or directory."
    assert messages(caplog) == [
        (logging.ERROR, f"a certificate has changed and cannot be used, the old one stays: {reason}")
    ]
    issuer.issue("a")
    watch.look(2)
    assert watch.published == [[read_pem(files)]]


def test_a_link_that_leads_elsewhere_is_a_change(issuer: Issuer, tmp_path: Path) -> None:
    (tmp_path / "now").symlink_to("first")
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        for path in issuer.issue(name).paths():
            Path(path).rename(tmp_path / name / f"tls{Path(path).suffix}")
    files = TlsFiles(cert=str(tmp_path / "now" / "tls.pem"), key=str(tmp_path / "now" / "tls.key"))
    watch = Watch(files)

    (tmp_path / "next").symlink_to("second")
    (tmp_path / "next").rename(tmp_path / "now")
    watch.look(2)

    [[pem]] = watch.published
    assert pem.cert == (tmp_path / "second" / "tls.pem").read_bytes()


def test_a_new_certificate_that_expires_soon_is_a_warning(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    files = issuer.issue("a")
    watch = Watch(files)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3, hours=1)
    issuer.issue("a", until=until)

    watch.look(2)

    assert messages(caplog) == [
        (logging.WARNING, f"certificate {files.cert} expires in 3 days, on {until:%Y-%m-%d at %H:%M UTC}")
    ]
