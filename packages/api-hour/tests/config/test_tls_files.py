"""How an address names its certificate, and how the settings share certificates out."""

from pathlib import Path

import pytest

from api_hour.config.tls_files import TlsFiles, split_tls
from api_hour.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "address", "files"),
    [
        ("127.0.0.1:80", "127.0.0.1:80", None),
        ("127.0.0.1:80,cert=a.pem", "127.0.0.1:80", TlsFiles(cert="a.pem")),
        ("[::1]:80,cert=a.pem,key=/b.key", "[::1]:80", TlsFiles(cert="a.pem", key="/b.key")),
        (":80,ca=c=d.pem,key=b,cert=a", ":80", TlsFiles(cert="a", key="b", ca="c=d.pem")),
        ("unix:a,b,cert=a", "unix:a,b", TlsFiles(cert="a")),
        ("unix:a,cert", "unix:a,cert", None),
        ("fd://3,cert=a", "fd://3", TlsFiles(cert="a")),
    ],
)
def test_an_address_may_name_its_certificate(text: str, address: str, files: TlsFiles | None) -> None:
    assert split_tls(text) == (address, files)


@pytest.mark.parametrize("files", ["key=b", "cert=", "cert=a,cert=b", "cert=a,key=", "ca=a,key=b"])
def test_a_file_that_is_missing_or_named_twice_is_refused(files: str) -> None:
    with pytest.raises(ConfigError) as caught:
        split_tls(f":80,{files}")

    assert str(caught.value) == (
        f"--bind: expected ADDRESS,cert=FILE[,key=FILE][,ca=FILE], each file once; got ':80,{files}'."
    )


def test_datagrams_have_no_certificate() -> None:
    with pytest.raises(ConfigError) as caught:
        split_tls("udp::53,cert=a")

    assert str(caught.value) == (
        "--bind: there is no TLS over datagrams; leave cert=, key= and ca= out of 'udp::53,cert=a'."
    )


def test_files_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert TlsFiles(cert="a", key="b", ca="/c").absolute().paths() == (f"{tmp_path}/a", f"{tmp_path}/b", "/c")
    assert TlsFiles(cert="a").absolute().paths() == (f"{tmp_path}/a",)
