"""The settings of a daemon as Gunicorn's code knows them: `worker.cfg` and `server.cfg`."""

from collections.abc import Mapping
from typing import Any

from api_hour.config.binds import TcpBind, UdpBind, UnixBind, parse_bind
from api_hour.config.gunicorn_settings import WITHOUT_MEANING
from api_hour.config.tls_files import split_tls


class GunicornConfig:
    """The settings, each an attribute under Gunicorn's name.

    Args:
        values: what `gunicorn_values` returned.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getattr__(self, name: str) -> Any:
        """Return a setting.

        Raises:
            AttributeError: there is none of this name.
        """
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(_complaint(name), name=name, obj=self) from None

    def __dir__(self) -> list[str]:
        """Return the names of the settings, too."""
        return [*super().__dir__(), *self._values]

    @property
    def settings(self) -> dict[str, Any]:
        """All settings, by name."""
        return dict(self._values)

    @property
    def address(self) -> list[tuple[str, int] | str]:
        """The addresses: of each its host and port, or the path of a unix socket."""
        return [_address(text) for text in self.bind]

    @property
    def is_ssl(self) -> bool:
        """Whether there is a certificate for all addresses."""
        return bool(self.certfile or self.keyfile)

    @property
    def uid(self) -> int:
        """The workers' user."""
        return int(self.user)

    @property
    def gid(self) -> int:
        """The workers' group."""
        return int(self.group)

    @property
    def env(self) -> dict[str, str]:
        """The variables of `raw_env`, by name."""
        return dict(text.split("=", 1) for text in self.raw_env)


def _complaint(name: str) -> str:
    if name in WITHOUT_MEANING:
        return f"cfg.{name}: nothing here corresponds to this setting of Gunicorn's."
    return f"cfg.{name}: expected the name of a setting, as in a configuration file; there is no {name!r}."


def _address(text: str) -> tuple[str, int] | str:
    bind = parse_bind(split_tls(text)[0])
    if isinstance(bind, TcpBind | UdpBind):
        return bind.host, bind.port
    return bind.path if isinstance(bind, UnixBind) else str(bind)
