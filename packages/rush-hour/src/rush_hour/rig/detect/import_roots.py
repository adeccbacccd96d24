"""From which directory a file is imported, and under which name."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath

TOP = PurePosixPath()


class ImportRoots:
    """The directories that a project's modules are imported from: each file is looked through once.

    Packages belong to their name, and so does a directory without `__init__.py` if its modules are imported by its
    name. `src` never does.

    Args:
        trees: all files of the project.
    """

    def __init__(self, trees: Mapping[PurePosixPath, ast.Module]) -> None:
        self._packages = {path.parent for path in trees if path.name == "__init__.py"}
        self._imported_beside: dict[PurePosixPath, set[str]] = defaultdict(set)
        self._imported_below: dict[PurePosixPath, set[str]] = defaultdict(set)
        for path, tree in trees.items():
            names, level = _imported(tree)
            self._imported_beside[path.parent] |= names
            for depth, directory in enumerate(path.parents):
                self._imported_below[directory] |= names
                if level > depth:  # it imports from the directory by a relative name, which only packages have
                    self._packages.add(directory)

    def module_of(self, path: PurePosixPath) -> tuple[PurePosixPath, str]:
        """Return the directory that a file's module is imported from, and the module's name."""
        root = path.parent
        while root != TOP and root.name != "src" and self._is_package(root):
            root = root.parent
        parts = [*path.relative_to(root).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        return root, ".".join(parts)

    def _is_package(self, directory: PurePosixPath) -> bool:
        imported = (self._imported_beside[directory.parent], self._imported_below[directory])
        return directory in self._packages or any(directory.name in names for names in imported)


def _imported(tree: ast.Module) -> tuple[set[str], int]:
    """Return the first names of the modules that a module imports, and from how far above it does by relative names."""
    names: set[str] = set()
    level = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            level = max(level, node.level)
            if not node.level:
                names.add((node.module or "").partition(".")[0])
    return names, level
