"""TLS contexts, made from the contents of a certificate's files.

The ssl module's defaults hold, TLS 1.2 is the least, and the protocol that is spoken inside is HTTP/1.1 for a client
that asks (ALPN). With authorities, a client must have a certificate of one of them.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from api_hour.errors import ConfigError
from api_hour.tls.pem import TlsPem

ALPN_PROTOCOLS = ("http/1.1",)


class _EncryptedKey(Exception):
    """The key asks for a password, and nobody is there to answer."""


def make_context(pem: TlsPem) -> ssl.SSLContext:
    """Return a context for the server's side.

    Raises:
        ConfigError: the certificate, its key or the authorities cannot be used; the message says which file is wrong.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(ALPN_PROTOCOLS)
    _load_certificate(context, pem)
    if pem.ca is not None:
        _load_authorities(context, pem.ca, pem.files.ca)
    return context


def _load_certificate(context: ssl.SSLContext, pem: TlsPem) -> None:
    cert_path, key_path = pem.files.cert, pem.files.key or pem.files.cert
    if b"-----BEGIN CERTIFICATE-----" not in pem.cert:
        raise ConfigError(f"certificate {cert_path}: expected a certificate in PEM; there is none.")
    if b"PRIVATE KEY-----" not in pem.key:
        raise ConfigError(f"key {key_path}: expected a private key in PEM; there is none.")
    try:
        with _in_memory(pem.cert) as cert, _in_memory(pem.key) as key:
            context.load_cert_chain(cert, key, password=_refuse_to_answer)
    except _EncryptedKey:
        raise ConfigError(f"key {key_path}: it is encrypted; store it without a password.") from None
    except ssl.SSLError as error:
        if error.reason in {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"}:
            raise ConfigError(f"key {key_path}: it is not the key of certificate {cert_path}.") from error
        raise ConfigError(f"certificate {cert_path} and key {key_path} cannot be used: {_reason(error)}.") from error


def _load_authorities(context: ssl.SSLContext, ca: bytes, path: str | None) -> None:
    try:
        context.load_verify_locations(cadata=ca.decode("ascii", "ignore"))  # what is not ASCII is a comment
    except (ssl.SSLError, ValueError) as error:  # ValueError: the file is empty
        raise ConfigError(f"authorities {path}: expected certificates in PEM; {error}.") from error
    context.verify_mode = ssl.CERT_REQUIRED


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
