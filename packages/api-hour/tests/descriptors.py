"""What the descriptors of a process stand for."""

from contextlib import suppress
from pathlib import Path


def open_links(process_id: int | str = "self") -> set[str]:
    """Return what the descriptors of a process stand for: paths, `socket:[...]`, `pipe:[...]`.

    One that is closed while they are read is left out; of this process, that is at least the one that lists them.
    """
    links = set()
    for descriptor in Path(f"/proc/{process_id}/fd").iterdir():
        with suppress(FileNotFoundError):
            links.add(str(descriptor.readlink()))
    return links


def open_sockets() -> set[str]:
    """Return the sockets that this process has; a loop opens other descriptors for itself when it needs them."""
    return {link for link in open_links() if link.startswith("socket:")}
