"""The megabyte that goes up and down: numbered lines. As a file, which the suite sends, it is made when needed."""

import os
from pathlib import Path

MEGABYTE = 100 * b"".join(b"%09d\n" % number for number in range(1000))
FILE = Path(__file__).with_suffix(".txt")


def make_file() -> None:
    """Make the file, if it is not there; several processes may do so at once."""
    if not FILE.is_file():
        new = FILE.with_suffix(f".{os.getpid()}.new")
        new.write_bytes(MEGABYTE)
        new.replace(FILE)
