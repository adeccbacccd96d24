"""Certificates from files: what can be used, and what is said of what cannot."""

import ssl
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from issued import Issuer, open_descriptors

from api_hour.config.tls_files import TlsFiles, TlsRules
from api_hour.errors import ConfigError
from api_hour.tls import TlsPem, make_context, read_pem


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


WORDS = "open sesame"


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
    assert WORDS not in repr(TlsPem(files=TlsFiles(cert="a"), cert=b"", key=b"secret"))


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


def issue_encrypted(issuer: Issuer, key_format: serialization.PrivateFormat) -> TlsFiles:
    files = issuer.issue("a")
    assert files.key is not None
    key = serialization.load_pem_private_key(Path(files.key).read_bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM, key_format, serialization.BestAvailableEncryption(WORDS.encode())
    )
    Path(files.key).write_bytes(encrypted)
    return files


FORMATS = [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL]


@pytest.mark.parametrize("key_format", FORMATS)
def test_an_encrypted_key_is_refused_without_its_password_and_nobody_is_asked(
    issuer: Issuer, key_format: serialization.PrivateFormat
) -> None:
    files = issue_encrypted(issuer, key_format)

    assert refusal_of(files) == f"key {files.key}: it is encrypted; give its password with --keyfile-password."
    wrong = replace(files, rules=TlsRules(password=WORDS[:-1]))
    assert refusal_of(wrong) == f"key {files.key}: --keyfile-password is not its password."


@pytest.mark.parametrize("key_format", FORMATS)
def test_an_encrypted_key_is_used_with_its_password(issuer: Issuer, key_format: serialization.PrivateFormat) -> None:
    files = replace(issue_encrypted(issuer, key_format), rules=TlsRules(password=WORDS))

    assert shaken(make_context(read_pem(files)), issuer.client_context()) is not None
    assert WORDS not in repr(files)


def test_a_password_that_no_key_needs_is_not_in_the_way(issuer: Issuer) -> None:
    make_context(read_pem(replace(issuer.issue("a"), rules=TlsRules(password=WORDS))))


def shaken(server: ssl.SSLContext, client: ssl.SSLContext) -> str | None:
    """Return the version of TLS that two contexts agree on.

    Raises:
        ssl.SSLError: they do not, or one wants a certificate that the other has not.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(to_server, to_client, server_side=True),
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
    ]
    for _ in range(4):
        for end in reversed(ends):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    with suppress(ssl.SSLWantReadError):
        ends[0].read()
    return ends[0].version()


@pytest.mark.parametrize(("version", "spoken"), [(None, "TLSv1.3"), ("1.2", "TLSv1.2"), ("1.3", "TLSv1.3")])
def test_one_version_of_tls_may_be_the_only_one(issuer: Issuer, version: str | None, spoken: str) -> None:
    context = make_context(read_pem(replace(issuer.issue("a"), rules=TlsRules(version=version))))

    assert shaken(context, issuer.client_context()) == spoken


def test_ciphers_are_those_that_are_named(issuer: Issuer) -> None:
    files = issuer.issue("a")
    context = make_context(read_pem(replace(files, rules=TlsRules(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384"))))

    assert {item["name"] for item in context.get_ciphers() if item["protocol"] == "TLSv1.2"} == {
        "ECDHE-ECDSA-AES256-GCM-SHA384"
    }
    assert refusal_of(replace(files, rules=TlsRules(ciphers="nothing"))) == (
        "--ciphers: expected OpenSSL's names of ciphers, such as ECDHE+AESGCM; got 'nothing'."
    )


@pytest.mark.parametrize(
    ("cert_reqs", "has_certificate", "may_connect"),
    [(None, False, False), (None, True, True), (0, False, True), (1, False, True), (1, True, True), (2, False, False)],
)
def test_clients_are_asked_for_a_certificate_as_the_rules_say(
    issuer: Issuer, cert_reqs: int | None, has_certificate: bool, may_connect: bool
) -> None:
    files = replace(issuer.issue("a", ca=True), rules=TlsRules(cert_reqs=cert_reqs))
    client = issuer.client_context(issuer.issue("client") if has_certificate else None)

    with nullcontext() if may_connect else pytest.raises(ssl.SSLError):
        shaken(make_context(read_pem(files)), client)


def test_clients_can_be_asked_only_where_authorities_are_named(issuer: Issuer) -> None:
    files = replace(issuer.issue("a"), rules=TlsRules(cert_reqs=2))

    assert refusal_of(files) == (
        f"--cert-reqs: expected --ca-certs beside 2, or 0; the authorities of certificate {files.cert} are not named."
    )


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_a_file_without_authorities_is_refused(content: str, issuer: Issuer) -> None:
    files = issuer.issue("a", ca=True)
    issuer.ca_path.write_text(content)

    message = refusal_of(files)
    assert message.startswith(f"authorities {files.ca}: expected certificates in PEM; ")
