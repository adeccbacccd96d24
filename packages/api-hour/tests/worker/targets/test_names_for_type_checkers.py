"""Applications annotated with names that are imported for type checkers only.

Up to CPython 3.13 they must say `from __future__ import annotations`; from 3.14 on, annotations are evaluated when they
are asked for (PEP 649), and nothing needs to be said.
"""

import asyncio
import sys
from pathlib import Path
from types import ModuleType

import pytest
from listening_sockets import listening
from made_targets import WORKER

from api_hour.errors import ConfigError
from api_hour.worker.listeners.handlers import stream_factory
from api_hour.worker.targets.forms import make_container
from api_hour.worker.targets.importing import import_container

IMPORTS = """
import asyncio
from typing import TYPE_CHECKING

import api_hour

if TYPE_CHECKING:
    from nowhere import Config, Loop, Receive, Scope, Send, StartResponse, module
"""
TARGETS = {
    "a Container": "class app(api_hour.Container):\n"
    "    def __init__(self, config: Config, worker: module.Worker, loop: Loop) -> None:\n"
    "        super().__init__(config, worker, loop)\n",
    "its factory": "def app(config: Config, worker: module.Worker, loop: Loop) -> module.Container:\n"
    "    return api_hour.Container(config, worker, loop)\n",
    "ASGI": "async def app(scope: Scope, receive: Receive, send: Send) -> None: ...\n",
    "ASGI of an object": "class App:\n"
    "    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...\n\n"
    "app = App()\n",
    "ASGI 2": "def app(scope: Scope): ...\n",
    "its factory without arguments": "async def made(scope: Scope, receive: Receive, send: Send) -> None: ...\n\n"
    "def app() -> module.Application[Scope]:\n    return made\n",
    "WSGI": "def app(environ: dict[str, module.Value], start_response: StartResponse) -> list[bytes]: ...\n",
}
PROTOCOL = "def protocol(loop: Loop | None = None) -> module.Protocol:\n    return asyncio.Protocol()\n"

needs_lazy_annotations = pytest.mark.skipif(sys.version_info < (3, 14), reason="they are evaluated at import")
in_each_way = pytest.mark.parametrize(
    "future",
    ["from __future__ import annotations\n", pytest.param("", marks=needs_lazy_annotations)],
    ids=["of the future", "lazy"],
)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test imports is forgotten."""
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.delitem(sys.modules, "annotated_app", raising=False)


@pytest.mark.parametrize("form", TARGETS)
@in_each_way
def test_they_are_served(future: str, form: str, tmp_path: Path) -> None:
    (tmp_path / "annotated_app.py").write_text(future + IMPORTS + TARGETS[form])

    maker = import_container("annotated_app:app", str(tmp_path))

    loop = asyncio.new_event_loop()
    try:
        make_container(maker, config={}, worker=WORKER, loop=loop)
    finally:
        loop.close()


@in_each_way
def test_a_factory_of_protocols_is_taken(future: str) -> None:
    module = ModuleType("annotated_app")
    exec(compile(future + IMPORTS + PROTOCOL, "annotated_app.py", "exec"), vars(module))  # noqa: S102  # it is above

    with listening() as [listener], asyncio.Runner() as runner:
        assert stream_factory(module.protocol, listener, runner.get_loop()) is module.protocol


@in_each_way
def test_a_call_that_does_not_fit_is_refused(future: str, tmp_path: Path) -> None:
    (tmp_path / "annotated_app.py").write_text(future + IMPORTS + "def app(config: Config): ...\n")

    with pytest.raises(ConfigError, match="missing a required argument: 'config'"):
        import_container("annotated_app:app()", str(tmp_path))
