"""Certificates from files: what can be used, and what is said of what cannot."""

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from issued import Issuer, open_descriptors

from api_hour.config.tls_files import TlsFiles
from api_hour.errors import ConfigError
from api_hour.tls import TlsPem, make_context, read_pem


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


def refusal_of(files: TlsFiles) -> str:
    before = open_descriptors()
    with pytest.raises(ConfigError) as caught:
        make_context(read_pem(files))
    assert open_descriptors() == before
    return str(caught.value)


def test_a_context_has_the_defaults_and_tls_1_2_at_the_least(issuer: Issuer) -> None:
    before = open_descriptors()
    context = make_context(read_pem(issuer.issue("a")))

    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_NONE
    assert open_descriptors() == before


def test_clients_are_asked_for_a_certificate_when_there_are_authorities(issuer: Issuer) -> None:
    assert make_context(read_pem(issuer.issue("a", ca=True))).verify_mode == ssl.CERT_REQUIRED


def test_the_key_may_be_in_the_certificate_s_file(issuer: Issuer, tmp_path: Path) -> None:
    files = issuer.issue("a")
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(Path(path).read_bytes() for path in files.paths()))

    make_context(read_pem(TlsFiles(cert=str(both))))


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(TlsPem(files=TlsFiles(cert="a"), cert=b"", key=b"secret"))


@pytest.mark.parametrize(("part", "what"), [("cert", "certificate"), ("key", "key"), ("ca", "authorities")])
def test_a_file_that_cannot_be_read_is_named(part: str, what: str, issuer: Issuer, tmp_path: Path) -> None:
    files = issuer.issue("a", ca=True)
    path = getattr(files, part)
    Path(path).unlink()

    assert refusal_of(files) == f"{what} {path} cannot be read: No such file or directory."


def test_a_file_without_a_certificate_is_refused(issuer: Issuer) -> None:
    files = issuer.issue("a")
    Path(files.cert).write_text("no certificate")

    assert refusal_of(files) == f"certificate {files.cert}: expected a certificate in PEM; there is none."


def test_a_file_without_a_key_is_refused(issuer: Issuer) -> None:
    files = TlsFiles(cert=issuer.issue("a").cert)

    assert refusal_of(files) == f"key {files.cert}: expected a private key in PEM; there is none."


def test_the_key_of_another_certificate_is_refused(issuer: Issuer) -> None:
    files = TlsFiles(cert=issuer.issue("a").cert, key=issuer.issue("b").key)

    assert refusal_of(files) == f"key {files.key}: it is not the key of certificate {files.cert}."


def test_a_certificate_that_is_cut_off_is_refused(issuer: Issuer) -> None:
    files = issuer.issue("a")
    content = Path(files.cert).read_text()
    Path(files.cert).write_text(content[:200] + content[300:])

    message = refusal_of(files)
    assert message.startswith(f"certificate {files.cert} and key {files.key} cannot be used: ")


def test_an_encrypted_key_is_refused_and_nobody_is_asked(issuer: Issuer) -> None:
    files = issuer.issue("a")
    assert files.key is not None
    key = serialization.load_pem_private_key(Path(files.key).read_bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    Path(files.key).write_bytes(encrypted)

    assert refusal_of(files) == f"key {files.key}: it is encrypted; give its password with --keyfile-password."


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_file_without_authorities_is_refused(content: str, issuer: Issuer) -> None:
    files = issuer.issue("a", ca=True)
    issuer.ca_path.write_text(content)

    message = refusal_of(files)
    assert message.startswith(f"authorities {files.ca}: expected certificates in PEM; ")
