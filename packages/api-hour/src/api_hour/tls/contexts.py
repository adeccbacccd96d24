"""TLS contexts, made from the contents of a certificate's files.

The ssl module's defaults hold, TLS 1.2 is the least, and the protocol that is spoken inside is HTTP/1.1 for a client
that asks (ALPN). With authorities, a client must have a certificate of one of them.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from api_hour.config.tls_files import TlsRules
from api_hour.errors import ConfigError
from api_hour.tls.pem import TlsPem

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
ALPN_PROTOCOLS = ("http/1.1",)


class _EncryptedKey(Exception):
    """The key asks for a password, and nobody is there to answer."""


def make_context(pem: TlsPem) -> ssl.SSLContext:
    """Return a context for the server's side.

    Raises:
        ConfigError: the certificate, its key or the authorities cannot be used; the message says which file is wrong.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(ALPN_PROTOCOLS)
    _keep_to(context, pem.files.rules)
    _load_certificate(context, pem)
    if pem.ca is not None:
        _load_authorities(context, pem.ca, pem.files.ca)
    _ask_clients(context, pem)
    return context


def _keep_to(context: ssl.SSLContext, rules: TlsRules) -> None:
    context.minimum_version = VERSIONS["1.2"]
    if rules.version is not None:
        context.minimum_version = context.maximum_version = VERSIONS[rules.version]
    if rules.ciphers is not None:
        try:
            context.set_ciphers(rules.ciphers)
        except ssl.SSLError:
            raise ConfigError(
                f"--ciphers: expected OpenSSL's names of ciphers, such as ECDHE+AESGCM; got {rules.ciphers!r}."
            ) from None


def _ask_clients(context: ssl.SSLContext, pem: TlsPem) -> None:
    """Ask clients for a certificate, as the rules say; without any, where there are authorities."""
    wanted = pem.files.rules.cert_reqs
    if wanted is None:
        wanted = ssl.CERT_NONE if pem.ca is None else ssl.CERT_REQUIRED
    if wanted and pem.ca is None:
        raise ConfigError(
            f"--cert-reqs: expected --ca-certs beside {wanted}, or 0; the authorities of certificate {pem.files.cert} "
            "are not named."
        )
    context.verify_mode = ssl.VerifyMode(wanted)


def _load_certificate(context: ssl.SSLContext, pem: TlsPem) -> None:
    password = pem.files.rules.password
    cert_path, key_path = pem.files.cert, pem.files.key or pem.files.cert
    if b"-----BEGIN CERTIFICATE-----" not in pem.cert:
        raise ConfigError(f"certificate {cert_path}: expected a certificate in PEM; there is none.")
    if b"PRIVATE KEY-----" not in pem.key:
        raise ConfigError(f"key {key_path}: expected a private key in PEM; there is none.")
    try:
        with _in_memory(pem.cert) as cert, _in_memory(pem.key) as key:
            context.load_cert_chain(cert, key, password=_refuse_to_answer if password is None else password)
    except _EncryptedKey:
        raise ConfigError(f"key {key_path}: it is encrypted; give its password with --keyfile-password.") from None
    except ssl.SSLError as error:
        if password is not None and _is_encrypted(pem.key):
            raise ConfigError(f"key {key_path}: --keyfile-password is not its password.") from error
        if error.reason in {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"}:
            raise ConfigError(f"key {key_path}: it is not the key of certificate {cert_path}.") from error
        raise ConfigError(f"certificate {cert_path} and key {key_path} cannot be used: {_reason(error)}.") from error


def _load_authorities(context: ssl.SSLContext, ca: bytes, path: str | None) -> None:
    try:
        context.load_verify_locations(cadata=ca.decode("ascii", "ignore"))  # what is not ASCII is a comment
    except (ssl.SSLError, ValueError) as error:  # ValueError: the file is empty
        raise ConfigError(f"authorities {path}: expected certificates in PEM; {error}.") from error


def _is_encrypted(key: bytes) -> bool:
    return b"ENCRYPTED" in key  # PKCS #8 in its label, OpenSSL's older form in its Proc-Type


def _refuse_to_answer() -> bytes:
    raise _EncryptedKey


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).lower().replace("_", " ")


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """Give a path to bytes: the ssl module takes certificates and keys from files alone."""
    fd = os.memfd_create("api_hour-pem")
    try:
        os.write(fd, content)
        yield f"/proc/self/fd/{fd}"
    finally:
        os.close(fd)
