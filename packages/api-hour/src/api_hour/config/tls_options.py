"""The options of certificates, and of how TLS is spoken with them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from api_hour.config.tls_files import TlsFiles, TlsRules
from api_hour.config.values import check_file, read_cert_reqs
from api_hour.errors import ConfigError


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TlsOptions:
    """The certificates of a daemon."""

    certfile: Annotated[
        Path | None,
        Parameter(
            validator=check_file,
            help="Certificate, in PEM: every address but UDP that names none of its own is served with TLS by it.",
        ),
    ] = None
    keyfile: Annotated[
        Path | None,
        Parameter(validator=check_file, help="Private key of --certfile, if it is in a file of its own."),
    ] = None
    keyfile_password: Annotated[
        str | None,
        Parameter(help="Password of encrypted keys. In the environment or a file, other users do not see it."),
    ] = None
    ca_certs: Annotated[
        Path | None,
        Parameter(
            validator=check_file,
            help="Authorities, in PEM: with --certfile, clients must have a certificate of one of them.",
        ),
    ] = None
    cert_reqs: Annotated[
        int | None,
        Parameter(
            name="--cert-reqs",
            converter=read_cert_reqs,
            help="Whether clients are asked for a certificate: 0 never, 1 they may have one, 2 they must. "
            "By default 2 where authorities are named.",
        ),
    ] = None
    ciphers: Annotated[
        str | None,
        Parameter(help="Ciphers of TLS 1.2 that may be spoken, in OpenSSL's form. By default OpenSSL's own choice."),
    ] = None
    tls_version: Annotated[
        Literal["1.2", "1.3"] | None,
        Parameter(name="--tls-version", help="The one version of TLS that is spoken. By default each from 1.2 on."),
    ] = None

    def tls_rules(self) -> TlsRules:
        """Return how TLS is spoken, whatever the certificate."""
        return TlsRules(
            password=self.keyfile_password,
            cert_reqs=self.cert_reqs,
            ciphers=self.ciphers,
            version=self.tls_version,
        )

    def default_tls(self) -> TlsFiles | None:
        """Return the certificate of the addresses that name none.

        Raises:
            ConfigError: there is a key, or there are authorities, but no certificate.
        """
        if self.certfile is not None:
            return TlsFiles(
                cert=str(self.certfile),
                key=_text(self.keyfile),
                ca=_text(self.ca_certs),
                rules=self.tls_rules(),
            )
        for flag, path in (("--keyfile", self.keyfile), ("--ca-certs", self.ca_certs)):
            if path is not None:
                raise ConfigError(f"{flag}: expected --certfile beside it; got none. Or let an address name its own.")
        return None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
