"""Certificates for tests, in files: a server's, a client's, and the authority that both are of."""

import ssl
from datetime import datetime
from pathlib import Path
from typing import cast

import trustme

from api_hour.config.tls_files import TlsFiles


class Issuer:
    """An authority, and the files of what it has issued, in a directory."""

    def __init__(self, directory: Path) -> None:
        self._authority = trustme.CA()
        self._directory = directory
        self.ca_path = directory / "ca.pem"
        self._authority.cert_pem.write_to_path(self.ca_path)

    def issue(self, name: str, *, until: datetime | None = None, ca: bool = False) -> TlsFiles:
        """Write a certificate for 127.0.0.1 and localhost whose common name is `name`, in files of that name."""
        leaf = self._authority.issue_cert("127.0.0.1", "localhost", common_name=name, not_after=until)
        files = TlsFiles(
            cert=str(self._directory / f"{name}.pem"),
            key=str(self._directory / f"{name}.key"),
            ca=str(self.ca_path) if ca else None,
        )
        assert files.key is not None
        replace_file(Path(files.key), leaf.private_key_pem.bytes())
        replace_file(Path(files.cert), b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        return files

    def client_context(self, files: TlsFiles | None = None) -> ssl.SSLContext:
        """Return a client's context that trusts the authority, and has a certificate if there are files."""
        context = ssl.create_default_context(cafile=str(self.ca_path))
        if files is not None:
            context.load_cert_chain(files.cert, files.key)
        return context


def replace_file(path: Path, content: bytes) -> None:
    """Put another file in a file's place, at one moment."""
    new = path.with_name(path.name + ".new")
    new.write_bytes(content)
    new.rename(path)


def copy_files(source: TlsFiles, target: TlsFiles) -> None:
    """Let the files of one certificate be those of another."""
    for source_path, target_path in zip(source.paths(), target.paths(), strict=True):
        replace_file(Path(target_path), Path(source_path).read_bytes())


def subject_of(connection: ssl.SSLSocket | ssl.SSLObject) -> str:
    """Return the common name of the certificate that a server has shown."""
    certificate = connection.getpeercert()
    assert certificate is not None
    subject = cast("tuple[tuple[tuple[str, str]]]", certificate["subject"])
    return next(value for [(name, value)] in subject if name == "commonName")


def open_descriptors() -> int:
    """Count this process's open descriptors."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
