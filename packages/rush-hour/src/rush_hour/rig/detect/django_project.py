"""A Django project: what `manage.py` and the settings say of its applications."""

import ast
from dataclasses import dataclass
from pathlib import PurePosixPath

from rush_hour.rig.application.facts import Interface
from rush_hour.rig.detect.names import statements, text_of
from rush_hour.rig.detect.sources import Sources

SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE"
ASYNCHRONOUS_APPS = frozenset({"channels", "daphne"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoProject:
    """A project.

    Attributes:
        directory: that of its `manage.py`, from the directory that was looked through.
        settings: the module of its settings.
        targets: its applications.
        preferred: the one to serve.
    """

    directory: PurePosixPath
    settings: str
    targets: dict[Interface, str]
    preferred: Interface


def find_django_projects(sources: Sources) -> list[DjangoProject]:
    """Return the Django projects among files, the highest first."""
    projects = (_project(path, sources) for path in sources.trees if path.name == "manage.py")
    return [project for project in projects if project is not None]


def _project(manage: PurePosixPath, sources: Sources) -> DjangoProject | None:
    settings = _settings_module(sources.trees[manage])
    if settings is None:
        return None
    said = _settings_said(manage.parent, settings, sources)
    package = settings.partition(".")[0]
    targets: dict[Interface, str] = {}
    for interface, name in (("wsgi", "WSGI_APPLICATION"), ("asgi", "ASGI_APPLICATION")):
        module, _, attribute = (text_of(said.get(name)) or "").rpartition(".")
        if module:
            targets[interface] = f"{module}:{attribute}"  # type: ignore[index]
        elif manage.parent / package / f"{interface}.py" in sources.trees:
            targets[interface] = f"{package}.{interface}:application"  # type: ignore[index]
    if not targets:
        return None
    apps = {text_of(each) for node in said.values() for each in ast.walk(node) if isinstance(each, ast.expr)}
    is_asynchronous = bool(ASYNCHRONOUS_APPS & apps) or "wsgi" not in targets
    preferred: Interface = "asgi" if is_asynchronous and "asgi" in targets else "wsgi"
    return DjangoProject(directory=manage.parent, settings=settings, targets=targets, preferred=preferred)


def _settings_module(tree: ast.Module) -> str | None:
    """Return the module that `manage.py` sets, whichever way it does."""
    for node in ast.walk(tree):
        texts = [text_of(argument) for argument in node.args] if isinstance(node, ast.Call) else []
        if len(texts) == 2 and texts[0] == SETTINGS_VARIABLE:
            return texts[1]
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Subscript) and text_of(target.slice) == SETTINGS_VARIABLE:
            assert isinstance(node, ast.Assign), "it has a target"
            return text_of(node.value)
    return None


def _settings_said(directory: PurePosixPath, module: str, sources: Sources) -> dict[str, ast.expr]:
    """Return what the settings' module, and what is beside it if it is one of several, assigns."""
    file = directory.joinpath(*module.split(".")).with_suffix(".py")
    package = file.with_suffix("") / "__init__.py"
    beside = [path for path in sources.trees if path.parent == file.parent and file.parent.name == "settings"]
    said: dict[str, ast.expr] = {}
    for path in (*beside, *(path for path in sources.trees if path.parent == package.parent), package, file):
        for node in statements(sources.trees[path].body) if path in sources.trees else ():
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                said[node.targets[0].id] = node.value
    return said
