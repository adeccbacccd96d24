"""API-Hour: any asyncio server as a supervised multi-process daemon.

A user subclasses `Container`; `api_hour TARGET` does the rest. What starts servers from a program, `run` and `serve`,
is imported when it is asked for: so importing this package from a Container costs next to nothing.
"""

from typing import TYPE_CHECKING, Any

from api_hour.container import Container
from api_hour.version import __version__

if TYPE_CHECKING:
    from api_hour.programs.daemon import run
    from api_hour.programs.running_server import RunningServer
    from api_hour.programs.server import serve
else:

    def __getattr__(name: str) -> Any:
        """Import what is asked for: neither supervisor nor worker is needed for anything else."""
        if name == "run":
            from api_hour.programs.daemon import run  # noqa: PLC0415

            return run
        if name in {"RunningServer", "serve"}:
            from api_hour.programs import server  # noqa: PLC0415

            return getattr(server, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Container", "RunningServer", "__version__", "run", "serve"]
