"""The certificates of one worker: which address has which, and what becomes of them when they change."""

from pathlib import Path

import pytest
from issued import Issuer

from api_hour.config.tls_files import TlsFiles
from api_hour.errors import ConfigError
from api_hour.tls import TlsPem, read_pem
from api_hour.worker.listeners.certificates import read_certificates, replace_certificates


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


def test_an_address_has_its_own_certificate_or_the_one_of_all_or_none(issuer: Issuer) -> None:
    own, default = issuer.issue("own"), issuer.issue("default")

    def files_of(certificates: object) -> list[TlsFiles | None]:
        assert isinstance(certificates, list)
        return [None if certificate is None else certificate.files for certificate in certificates]

    assert files_of(read_certificates([None, own], default, 3)) == [default, own, default]
    assert files_of(read_certificates([None, own], None, 3)) == [None, own, None]
    assert files_of(read_certificates([], default, 2)) == [default, default]


def test_a_certificate_that_changes_is_replaced_and_no_other(issuer: Issuer) -> None:
    first, second = issuer.issue("first"), issuer.issue("second")
    certificates = read_certificates([first, None, second, first], None, 4)
    before = [certificate and certificate.context for certificate in certificates]

    replace_certificates(certificates, [read_pem(issuer.issue("first"))])

    after = [certificate and certificate.context for certificate in certificates]
    assert [old is new for old, new in zip(before, after, strict=True)] == [False, True, True, False]


def test_what_cannot_be_used_replaces_nothing(issuer: Issuer) -> None:
    files = issuer.issue("first")
    [certificate] = read_certificates([files], None, 1)
    assert certificate is not None
    before = certificate.context

    with pytest.raises(ConfigError):
        replace_certificates([certificate], [TlsPem(files=files, cert=b"", key=b"")])

    assert certificate.context is before
