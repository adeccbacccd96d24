"""The end of a certificate's validity. Pure: bytes and times in.

The ssl module tells it of a peer's certificate only, so the few fields before it are stepped over here (RFC 5280, 4.1;
DER: X.690).
"""

import ssl
from datetime import UTC, datetime, timedelta

from api_hour.config.tls_files import TlsFiles

WARN_BEFORE = timedelta(days=14)

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
_VERSION_TAG = 0xA0
_UTC_TIME_TAG = 0x17
_FIELDS_BEFORE_VALIDITY = 3  # serial number, signature's algorithm, issuer


def expires_at(cert: bytes) -> datetime:
    """Return when the first certificate in a PEM file expires.

    Raises:
        ValueError: it is no certificate.
    """
    begin, end = cert.find(_BEGIN), cert.find(_END)
    der = ssl.PEM_cert_to_DER_cert(cert[begin : end + len(_END)].decode("ascii"))
    try:
        return _not_after(der)
    except IndexError as error:
        raise ValueError("the certificate is cut off") from error


def describe_expiry(files: TlsFiles, at: datetime, now: datetime) -> str | None:
    """Return a warning that a certificate has expired or will soon; None when there is time."""
    if at <= now:
        return f"certificate {files.cert} expired on {at:%Y-%m-%d at %H:%M UTC}"
    if at - now < WARN_BEFORE:
        return f"certificate {files.cert} expires in {(at - now).days} days, on {at:%Y-%m-%d at %H:%M UTC}"
    return None


def _not_after(der: bytes) -> datetime:
    position, _ = _enter(der, 0)  # the certificate
    position, _ = _enter(der, position)  # what of it is signed
    if der[position] == _VERSION_TAG:
        position = _skip(der, position)
    for _ in range(_FIELDS_BEFORE_VALIDITY):
        position = _skip(der, position)
    position, _ = _enter(der, position)  # the validity
    position = _skip(der, position)  # its beginning
    start, length = _enter(der, position)
    text = der[start : start + length].decode("ascii")
    if der[position] == _UTC_TIME_TAG:  # two digits of the year: 1950 to 2049 (RFC 5280, 4.1.2.5.1)
        text = ("20" if int(text[:2]) < 50 else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _enter(der: bytes, position: int) -> tuple[int, int]:
    """Return where the content of the element at a position begins, and its length."""
    length = der[position + 1]
    if length < 0x80:
        return position + 2, length
    size = length & 0x7F
    return position + 2 + size, int.from_bytes(der[position + 2 : position + 2 + size], "big")


def _skip(der: bytes, position: int) -> int:
    start, length = _enter(der, position)
    return start + length
