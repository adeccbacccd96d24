"""Which objects in Python files may be applications: found by reading, so that nothing of a project runs."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from rush_hour.rig.application.facts import Interface
from rush_hour.rig.detect.import_roots import ImportRoots
from rush_hour.rig.detect.names import Names, statements
from rush_hour.rig.detect.sources import Sources

USUAL_NAMES = frozenset({"app", "application"})
FACTORY_WORDS = ("app", "application", "asgi", "wsgi")
# What makes an application: its framework, and how servers call it.
MAKERS: dict[str, tuple[str, Interface]] = {
    "apiflask.APIFlask": ("flask", "wsgi"),
    "blacksheep.Application": ("blacksheep", "asgi"),
    "bottle.Bottle": ("bottle", "wsgi"),
    "bottle.default_app": ("bottle", "wsgi"),
    "django.core.asgi.get_asgi_application": ("django", "asgi"),
    "django.core.wsgi.get_wsgi_application": ("django", "wsgi"),
    "falcon.API": ("falcon", "wsgi"),
    "falcon.App": ("falcon", "wsgi"),
    "falcon.asgi.App": ("falcon", "asgi"),
    "fastapi.FastAPI": ("fastapi", "asgi"),
    "fastapi.applications.FastAPI": ("fastapi", "asgi"),
    "flask.Flask": ("flask", "wsgi"),
    "litestar.Litestar": ("litestar", "asgi"),
    "litestar.app.Litestar": ("litestar", "asgi"),
    "quart.Quart": ("quart", "asgi"),
    "sanic.Sanic": ("sanic", "asgi"),
    "starlette.applications.Starlette": ("starlette", "asgi"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What may be an application.

    Attributes:
        path: the file, from the project's directory.
        line: where it is made.
        root: the directory that its module is imported from.
        target: `module:object`.
        framework: in lower case; empty for a plain function.
        interface: how servers call it.
        is_factory: whether a call without arguments makes it.
    """

    path: PurePosixPath
    line: int
    root: PurePosixPath
    target: str
    framework: str
    interface: Interface
    is_factory: bool = False


def find_candidates(sources: Sources) -> list[Candidate]:
    """Return everything in a project that may be its application."""
    factories = {name: maker for tree in sources.trees.values() for name, maker in _factories(tree)}
    roots = ImportRoots(sources.trees)
    found: list[Candidate] = []
    for path, tree in sources.trees.items():
        root, module = roots.module_of(path)
        for name, line, (framework, interface), is_factory in _objects(tree, factories):
            candidate = Candidate(
                path=path,
                line=line,
                root=root,
                target=f"{module}:{name}",
                framework=framework,
                interface=interface,
                is_factory=is_factory,
            )
            found.append(candidate)
    return found


def choose_candidates(found: Sequence[Candidate]) -> list[Candidate]:
    """Return those that are meant: one, if it can be known which, else all that are as good.

    What is made when its module is imported comes before factories of the same framework, usual names before others,
    and what is higher up before what is deeper.
    """
    made = {candidate.framework for candidate in found if not candidate.is_factory}
    left = [candidate for candidate in found if not (candidate.is_factory and candidate.framework in made)]
    left = [candidate for candidate in left if candidate.is_factory or _is_usual(candidate)] or left
    depth = min((len(candidate.path.parts) for candidate in left), default=0)
    return [candidate for candidate in left if len(candidate.path.parts) == depth]


def _is_usual(candidate: Candidate) -> bool:
    return candidate.target.partition(":")[2] in USUAL_NAMES


_Maker = tuple[str, Interface]


def _objects(tree: ast.Module, factories: dict[str, _Maker]) -> Iterator[tuple[str, int, _Maker, bool]]:
    """Yield name, line, maker, and whether it is a factory."""
    names = Names(tree)
    own = dict(_factories(tree))
    for node in statements(tree.body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            meaning = names.meaning(node.value.func)
            maker = MAKERS.get(meaning) or (own | factories).get(meaning.rpartition(".")[2])
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if maker is not None and isinstance(target, ast.Name):
                    yield target.id, node.lineno, maker, False
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parameters = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            if isinstance(node, ast.AsyncFunctionDef) and parameters == ["scope", "receive", "send"]:
                yield node.name, node.lineno, ("", "asgi"), False
            elif parameters in (["environ", "start_response"], ["env", "start_response"]):
                yield node.name, node.lineno, ("", "wsgi"), False
            elif node.name in own and _needs_nothing(node):
                yield node.name, node.lineno, own[node.name], True


def _factories(tree: ast.Module) -> Iterator[tuple[str, _Maker]]:
    """Yield the functions of a module whose names say that they make an application, and that do."""
    names = Names(tree)
    for node in statements(tree.body):
        if isinstance(node, ast.FunctionDef) and any(word in node.name.split("_") for word in FACTORY_WORDS):
            calls = (names.meaning(each.func) for each in ast.walk(node) if isinstance(each, ast.Call))
            maker = next((MAKERS[meaning] for meaning in calls if meaning in MAKERS), None)
            if maker is not None:
                yield node.name, maker


def _needs_nothing(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    positional = len(node.args.posonlyargs) + len(node.args.args)
    keywords = [default for default in node.args.kw_defaults if default is None]
    return positional == len(node.args.defaults) and not keywords
