"""A router whose routes say what is to be prepared for their handlers."""

from collections.abc import Sequence
from typing import Any

from aiohttp.web import AbstractRoute, UrlDispatcher


class Router(UrlDispatcher):
    """The routes of an application: `web.Application(router=Router(container))`.

    What `env_middleware_factory` prepares for a route is kept in `container.env_config`, by the route's name.

    Args:
        container: the Container.
    """

    def __init__(self, container: Any) -> None:
        container.env_config = {}
        self._env_config: dict[str, Sequence[str]] = container.env_config
        super().__init__()

    def add_route(
        self,
        method: str,
        path: str,
        handler: Any,
        *,
        name: str | None = None,
        expect_handler: Any = None,
        env_config: Sequence[str] | None = None,
    ) -> AbstractRoute:
        """Add a route, as aiohttp's router does.

        Args:
            method: see there.
            path: see there.
            handler: see there.
            name: see there; without one nothing is prepared.
            expect_handler: see there.
            env_config: what is prepared: any of `pg`, `mysql`, `redis` and `json`.
        """
        if name:
            self._env_config[name] = env_config or []
        return super().add_route(method, path, handler, name=name, expect_handler=expect_handler)
