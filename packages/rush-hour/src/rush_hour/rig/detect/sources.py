"""The Python files of a project, read and never run."""

import ast
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

DEPTH = 3  # directories below the project's, at most
FILES = 2000  # at most
FILE_BYTES = 1024 * 1024  # of a larger one nothing is read
OTHER_DIRECTORIES = frozenset(
    {"__pycache__", "build", "dist", "docs", "doc", "examples", "migrations", "node_modules", "site-packages", "static",
     "test", "tests"}
)  # fmt: skip
OTHER_FILES = frozenset({"conftest.py", "noxfile.py", "setup.py"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What was read.

    Attributes:
        trees: the parsed files, by their paths from the project's directory.
        broken: why others could not be parsed, by their paths.
    """

    trees: Mapping[PurePosixPath, ast.Module]
    broken: Mapping[PurePosixPath, str]

    def texts(self) -> Iterator[str]:
        """Yield every text that stands in them."""
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def read_sources(directory: Path) -> Sources:
    """Read a project's files, but not those of virtual environments, tests and the like."""
    texts: dict[PurePosixPath, bytes] = {}
    for path in _python_files(directory):
        if len(texts) == FILES:
            break
        if path.stat().st_size <= FILE_BYTES:
            texts[PurePosixPath(path.relative_to(directory).as_posix())] = path.read_bytes()
    return parse(texts)


def parse(texts: Mapping[PurePosixPath, bytes]) -> Sources:
    """Parse files."""
    trees: dict[PurePosixPath, ast.Module] = {}
    broken: dict[PurePosixPath, str] = {}
    for path, text in texts.items():
        try:
            trees[path] = ast.parse(text)
        except SyntaxError as error:
            broken[path] = f"{error.msg} in line {error.lineno}" if error.lineno else error.msg
        except (RecursionError, ValueError, MemoryError) as error:
            broken[path] = str(error) or "it is nested too deep"
    return Sources(trees=trees, broken=broken)


def _python_files(directory: Path) -> Iterator[Path]:
    """Yield them, those higher up first."""
    level = [directory]
    for _ in range(DEPTH + 1):
        below: list[Path] = []
        for each in level:
            files, directories = _entries(each)
            yield from (file for file in files if _counts(file.name))
            below += directories
        level = below


def _counts(name: str) -> bool:
    is_test = name.startswith("test_") or name.endswith("_test.py") or name == "tests.py"
    return name.endswith(".py") and not is_test and name not in OTHER_FILES


def _entries(directory: Path) -> tuple[list[Path], list[Path]]:
    """Return the files and directories of one that may be read, in their names' order."""
    try:
        entries: Iterable[os.DirEntry[str]] = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return [], []
    files, directories = [], []
    for entry in entries:
        if entry.is_file() and os.access(entry.path, os.R_OK):
            files.append(Path(entry.path))
        elif entry.is_dir(follow_symlinks=False) and not _is_other(entry):
            directories.append(Path(entry.path))
    return files, directories


def _is_other(entry: os.DirEntry[str]) -> bool:
    return entry.name.startswith(".") or entry.name in OTHER_DIRECTORIES or Path(entry.path, "pyvenv.cfg").is_file()
