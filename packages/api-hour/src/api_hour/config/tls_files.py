"""The files of a certificate, and how `--bind` names those of one address. Pure: reads no file.

An address is served with TLS when it has a certificate: its own, or that of `--certfile`. So nothing that was given a
certificate is served without it by a word that was forgotten.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from api_hour.errors import ConfigError

TLS_FORM = "ADDRESS,cert=FILE[,key=FILE][,ca=FILE]"

_SUFFIX = re.compile(r"((?:,(?:cert|key|ca)=[^,]*)+)$")
SEPARATOR = re.compile(r",(?!\s*(?:cert|key|ca)=)")  # of addresses in one text, as Gunicorn's `bind` may be


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsRules:
    """How TLS is spoken, whatever the certificate.

    Attributes:
        password: of encrypted keys; None for none.
        cert_reqs: whether clients are asked for a certificate, as `ssl.VerifyMode`; None to ask where there are
            authorities.
        ciphers: those of TLS 1.2, in OpenSSL's form; None for its own choice.
        version: the only one that is spoken, `1.2` or `1.3`; None for both.
    """

    password: str | None = field(default=None, repr=False)
    cert_reqs: int | None = None
    ciphers: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Files in PEM.

    Attributes:
        cert: the certificate, and those between it and its authority's.
        key: its private key; None when it is in `cert`.
        ca: certificates of the authorities whose clients may connect; None to ask clients for no certificate.
        rules: how TLS is spoken with them.
    """

    cert: str
    key: str | None = None
    ca: str | None = None
    rules: TlsRules = field(default_factory=TlsRules)

    def absolute(self) -> "TlsFiles":
        """Return the same files by absolute paths."""
        return replace(
            self, cert=_absolute(self.cert), key=self.key and _absolute(self.key), ca=self.ca and _absolute(self.ca)
        )

    def paths(self) -> tuple[str, ...]:
        """Return all of them."""
        return tuple(path for path in (self.cert, self.key, self.ca) if path is not None)


def split_tls(text: str) -> tuple[str, TlsFiles | None]:
    """Divide a value of `--bind` into the address and the files of its certificate, if it names any.

    Raises:
        ConfigError: a file is named twice or by no name, the certificate is missing, or the address has no TLS.
    """
    match = _SUFFIX.search(text)
    if match is None:
        return text, None
    named = [part.partition("=")[::2] for part in match[1][1:].split(",")]
    files = dict(named)
    if "cert" not in files or len(files) != len(named) or not all(files.values()):
        raise ConfigError(f"--bind: expected {TLS_FORM}, each file once; got {text!r}.")
    address = text[: match.start()]
    if address.startswith("udp:"):
        raise ConfigError(f"--bind: there is no TLS over datagrams; leave cert=, key= and ca= out of {text!r}.")
    return address, TlsFiles(**files)


def _absolute(path: str) -> str:
    return str(Path(path).absolute())
