"""The options of addresses."""

from dataclasses import dataclass, replace
from typing import Annotated

from cyclopts import Parameter

from api_hour.config.binds import DEFAULT_BIND, FORMS, Bind, parse_bind
from api_hour.config.tls_files import TlsFiles, split_tls
from api_hour.config.tls_options import TlsOptions
from api_hour.config.until_restart import UNTIL_RESTART, UntilRestart
from api_hour.config.values import check_binds, read_mode, show_mode

UNIX_SOCKET_MODE = 0o666  # a proxy under another user may connect; restrict it by the mode, or by the directory's


def _addresses(texts: tuple[str, ...]) -> list[str]:
    """Return the addresses alone: a reload may give them other certificates."""
    return [split_tls(text)[0] for text in texts]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class AddressOptions(TlsOptions):
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
        named = (split_tls(text)[1] for text in self.bind)
        return tuple(files and replace(files, rules=self.tls_rules()) for files in named)
