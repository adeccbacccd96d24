"""When a certificate expires, and when that is said."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from issued import Issuer

from api_hour.config.tls_files import TlsFiles
from api_hour.tls.expiry import describe_expiry, expires_at

FILES = TlsFiles(cert="/etc/a.pem")
NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "until",
    [datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)],
)
def test_the_end_is_read_from_the_first_certificate(until: datetime, tmp_path: Path) -> None:
    files = Issuer(tmp_path).issue("a", until=until)

    assert expires_at(Path(files.cert).read_bytes()) == until


def test_a_year_of_the_last_century_is_known() -> None:
    content = b"0\x2b0\x29\x02\x01\x010\x000\x000\x20\x17\x0d700101000000Z\x17\x0d991231235959Z0\x00"
    assert expires_at(ssl.DER_cert_to_PEM_cert(content).encode()) == datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)


@given(st.binary(max_size=60))
def test_what_is_no_certificate_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError):
        expires_at(ssl.DER_cert_to_PEM_cert(content).encode())


@pytest.mark.parametrize(
    ("left", "warning"),
    [
        (timedelta(days=14), None),
        (timedelta(days=13, hours=2), "certificate /etc/a.pem expires in 13 days, on 2026-12-07 at 14:30 UTC"),
        (timedelta(0), "certificate /etc/a.pem expired on 2026-11-24 at 12:30 UTC"),
        (timedelta(days=-1), "certificate /etc/a.pem expired on 2026-11-23 at 12:30 UTC"),
    ],
)
def test_the_end_is_said_two_weeks_before(left: timedelta, warning: str | None) -> None:
    assert describe_expiry(FILES, NOW + left, NOW) == warning
