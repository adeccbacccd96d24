"""The options of addresses and of certificates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.binds import DEFAULT_BIND, FORMS, Bind, parse_bind
from api_hour.config.tls_files import TlsFiles, split_tls
from api_hour.config.until_restart import UNTIL_RESTART, UntilRestart
from api_hour.config.values import check_binds, check_file, read_mode, show_mode
from api_hour.errors import ConfigError

UNIX_SOCKET_MODE = 0o666  # a proxy under another user may connect; restrict it by the mode, or by the directory's


def _addresses(texts: tuple[str, ...]) -> list[str]:
    """Return the addresses alone: a reload may give them other certificates."""
    return [split_tls(text)[0] for text in texts]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class AddressOptions:
    """The addresses, and the certificates that they are served with."""

    bind: Annotated[
        tuple[str, ...],
        UntilRestart(of=_addresses),
        Parameter(
            name=["--bind", "-b"],
            validator=check_binds,
            negative="",
            show_default=lambda _none: f"{DEFAULT_BIND}, unless the service manager gives sockets",
            help=f"Address to serve on: {FORMS}; with TLS when ,cert=FILE,key=FILE follows. May be repeated.",
        ),
    ] = ()
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
    ca_certs: Annotated[
        Path | None,
        Parameter(
            validator=check_file,
            help="Authorities, in PEM: with --certfile, clients must have a certificate of one of them.",
        ),
    ] = None
    unix_mode: Annotated[
        int,
        UNTIL_RESTART,
        Parameter(converter=read_mode, show_default=show_mode, help="Mode of unix sockets' files, in octal."),
    ] = UNIX_SOCKET_MODE

    def binds(self) -> tuple[Bind, ...]:
        """Return the parsed addresses, in the order given; empty when none is."""
        return tuple(parse_bind(split_tls(text)[0]) for text in self.bind)

    def own_tls(self) -> tuple[TlsFiles | None, ...]:
        """Return the certificate that each address names, in the same order."""
        return tuple(split_tls(text)[1] for text in self.bind)

    def default_tls(self) -> TlsFiles | None:
        """Return the certificate of the addresses that name none.

        Raises:
            ConfigError: there is a key, or there are authorities, but no certificate.
        """
        if self.certfile is not None:
            return TlsFiles(cert=str(self.certfile), key=_text(self.keyfile), ca=_text(self.ca_certs))
        for flag, path in (("--keyfile", self.keyfile), ("--ca-certs", self.ca_certs)):
            if path is not None:
                raise ConfigError(f"{flag}: expected --certfile beside it; got none. Or let an address name its own.")
        return None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
