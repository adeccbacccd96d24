"""What the names in a Python file mean, as far as its imports say it."""

import ast
from collections.abc import Iterator


class Names:
    """The names that a module's imports give.

    Args:
        tree: the module.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._meanings: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    known = alias.asname or alias.name.partition(".")[0]
                    self._meanings[known] = alias.name if alias.asname else known
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                for alias in node.names:
                    self._meanings[alias.asname or alias.name] = f"{module}.{alias.name}"

    def meaning(self, node: ast.expr) -> str:
        """Return what an expression names, with its module, such as `flask.Flask`; empty where it is no name."""
        if isinstance(node, ast.Name):
            return self._meanings.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            above = self.meaning(node.value)
            return f"{above}.{node.attr}" if above else ""
        return ""


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module that run when it is imported, those in conditions and the like too."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            if isinstance(node, ast.If) and _is_main_guard(node):
                continue
            for part in ("body", "orelse", "finalbody"):
                yield from statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from statements(handler.body)


def _is_main_guard(node: ast.If) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test))


def text_of(node: ast.expr | None) -> str | None:
    """Return the text that an expression is; None if it is none."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
