"""From which environment variable a project reads the URL of its database."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rush_hour.rig.detect.names import Names, text_of
from rush_hour.rig.detect.sources import Sources

USUAL_NAME = "DATABASE_URL"
_URL_NAME = re.compile(r"(?:[A-Z0-9]+_)*(?:DATABASE|DB|POSTGRES|POSTGRESQL|PG)_?(?:URL|URI|DSN)", re.IGNORECASE)
_DIALECT = re.compile(r"postgres(?:ql)?\+(\w+)://")
# What looks up an environment variable whose name is its first argument.
_LOOK_UPS = frozenset(
    {"config", "decouple.config", "env", "env.db", "env.db_url", "env.get", "env.str", "environs.env.str",
     "os.environ.get", "os.environ.pop", "os.environ.setdefault", "os.getenv"}
)  # fmt: skip
# What reads DATABASE_URL unless it is told another name.
_READERS = {"dj_database_url.config": "env", "env.db": "", "env.dj_db_url": "", "env.db_url": ""}
_SETTINGS_CLASSES = frozenset({"pydantic_settings.BaseSettings", "pydantic.BaseSettings"})
# The distributions that bring a driver, with the dialect that SQLAlchemy calls it by.
DRIVERS = {
    "psycopg2": "psycopg2", "psycopg2-binary": "psycopg2", "psycopg": "psycopg", "asyncpg": "asyncpg",
    "pg8000": "pg8000", "aiopg": "psycopg2",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseUse:
    """How a project comes to its database.

    Attributes:
        variables: names of environment variables with a URL, the likeliest first.
        dialect: what stands after `postgresql+` in URLs that it understands; None for plain ones.
    """

    variables: tuple[str, ...]
    dialect: str | None = None

    @property
    def scheme(self) -> str:
        """The scheme of these URLs."""
        return "postgresql" if self.dialect is None else f"postgresql+{self.dialect}"


def find_database_use(sources: Sources, *, looked_up: Iterable[str] = (), installed: Iterable[str]) -> DatabaseUse:
    """Return from where a project reads its database's URL.

    Args:
        sources: its files.
        looked_up: environment variables that were looked up when it was imported.
        installed: distributions of its interpreter.
    """
    read = [name for tree in sources.trees.values() for name in variables_of(tree)]
    names = dict.fromkeys([*read, *looked_up])
    found = sorted((name for name in names if _URL_NAME.fullmatch(name)), key=lambda name: name != USUAL_NAME)
    return DatabaseUse(variables=tuple(found), dialect=_dialect(sources, set(installed)))


def has_driver(installed: Iterable[str]) -> bool:
    """Return whether PostgreSQL can be reached with what is installed."""
    return bool(DRIVERS.keys() & set(installed))


def variables_of(tree: ast.Module) -> Iterator[str]:
    """Yield the names of environment variables that a module looks up by name."""
    names = Names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and names.meaning(node.value) in {"os.environ", "environ"}:
            yield text_of(node.slice) or ""
        elif isinstance(node, ast.Call):
            yield from _looked_up(node, names.meaning(node.func))
        elif isinstance(node, ast.ClassDef) and _SETTINGS_CLASSES & set(map(names.meaning, node.bases)):
            yield from _settings_fields(node)


def _looked_up(node: ast.Call, meaning: str) -> Iterator[str]:
    first = text_of(node.args[0]) if node.args else None
    if meaning in _READERS:
        keyword = {word.arg: text_of(word.value) for word in node.keywords}.get(_READERS[meaning])
        yield first or keyword or USUAL_NAME
    elif meaning in _LOOK_UPS and first is not None:
        yield first


def _settings_fields(node: ast.ClassDef) -> Iterator[str]:
    """Yield the variables of pydantic's settings: a field's name with the class's prefix, in capitals."""
    prefix = ""
    for each in ast.walk(node):
        names = [each.arg] if isinstance(each, ast.keyword) else []
        names = [getattr(one, "id", None) for one in each.targets] if isinstance(each, ast.Assign) else names
        if names == ["env_prefix"] and isinstance(each, ast.keyword | ast.Assign):
            prefix = text_of(each.value) or ""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield (prefix + statement.target.id).upper()


def _dialect(sources: Sources, installed: set[str]) -> str | None:
    """Return the driver that must stand in a URL: SQLAlchemy's way, unless the project puts it there by itself."""
    if "sqlalchemy" not in installed or any(_replaces_scheme(tree) for tree in sources.trees.values()):
        return None
    named = next((match[1] for text in sources.texts() if (match := _DIALECT.match(text))), None)
    drivers = [dialect for package, dialect in DRIVERS.items() if package in installed]
    itself = any(_imports(tree, drivers) for tree in sources.trees.values())  # and not by SQLAlchemy
    if named is None and drivers and "psycopg2" not in drivers and not itself:
        return drivers[0]
    return named


def _imports(tree: ast.Module, modules: list[str]) -> bool:
    for node in ast.walk(tree):
        imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.partition(".")[0] in modules for name in imported):
            return True
    return False


def _replaces_scheme(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "replace"
        and any((text_of(argument) or "").startswith("postgres") for argument in node.args)
        for node in ast.walk(tree)
    )
