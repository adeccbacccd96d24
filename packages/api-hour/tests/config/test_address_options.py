"""Addresses and certificates, in the order given."""

from pathlib import Path

import pytest

from api_hour.config import Settings, TcpBind, UnixBind
from api_hour.config.tls_files import TlsFiles
from api_hour.errors import ConfigError


def test_the_addresses_of_the_settings_keep_their_order() -> None:
    settings = Settings(bind=("unix:b", "127.0.0.1:1"))

    assert settings.binds() == (UnixBind(path="b"), TcpBind(host="127.0.0.1", port=1))


def test_the_settings_keep_addresses_and_their_certificates_in_order() -> None:
    settings = Settings(bind=("unix:b", ":1,cert=a"), certfile=Path("c"), keyfile=Path("k"), ca_certs=Path("d"))

    assert settings.binds() == (UnixBind(path="b"), TcpBind(host="0.0.0.0", port=1))  # noqa: S104  # what `:1` is
    assert settings.own_tls() == (None, TlsFiles(cert="a"))
    assert settings.default_tls() == TlsFiles(cert="c", key="k", ca="d")
    assert Settings(certfile=Path("c")).default_tls() == TlsFiles(cert="c")
    assert Settings().default_tls() is None


@pytest.mark.parametrize(
    ("flag", "settings"),
    [("--keyfile", Settings(keyfile=Path("a"))), ("--ca-certs", Settings(ca_certs=Path("a")))],
)
def test_a_key_or_authorities_without_a_certificate_are_refused(flag: str, settings: Settings) -> None:
    with pytest.raises(ConfigError) as caught:
        settings.default_tls()

    assert str(caught.value) == f"{flag}: expected --certfile beside it; got none. Or let an address name its own."
