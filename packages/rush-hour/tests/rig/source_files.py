"""Projects that tests make up: their files as texts."""

from pathlib import PurePosixPath
from textwrap import dedent

from rush_hour.rig.detect.sources import Sources, parse


def sources_of(**texts: str) -> Sources:
    """Return the sources of files; in their names `__` stands for a slash, but not in `__init__`."""
    sources: dict[PurePosixPath, bytes] = {}
    for name, text in texts.items():
        path = name.replace("__init__", "\0").replace("__", "/").replace("\0", "__init__")
        sources[PurePosixPath(f"{path}.py")] = dedent(text).encode()
    return parse(sources)
