"""The address that `--host` and `--port` make together, with what is missing from the environment. Pure."""

from collections.abc import Iterable, Mapping

from api_hour.config.binds import DEFAULT_BIND, EVERY_IPV4_ADDRESS, TcpBind
from api_hour.config.habits import conversions
from api_hour.config.habits.habit import Given, Setting
from api_hour.errors import ConfigError

PORT = "PORT"


def address_of(
    given: Iterable[Given], environment: Mapping[str, str], *, missing_from: Iterable[Given] = ()
) -> list[Given]:
    """Return the address that host and port make; nothing if neither is given.

    Args:
        given: what may have them.
        environment: the port may be in its `PORT`.
        missing_from: what else may have one of the two.

    Raises:
        ConfigError: `PORT` is needed, and is no port.
    """
    found = {item.setting.flag: item for item in given}
    host, port = found.get("--host"), found.get("--port")
    if host is None and port is None:
        return []
    others = {item.setting.flag: item for item in missing_from}
    host, port = host or others.get("--host"), port or others.get("--port")
    number = _port_of(environment) if port is None else port.setting.text
    address = TcpBind(host=_host(host), port=DEFAULT_BIND.port if number is None else int(number))
    said = found.get("--host") or found["--port"]
    return [Given(written=said.written, setting=Setting(flag="--bind", text=str(address)))]


def default_address(environment: Mapping[str, str]) -> list[Given]:
    """Return the address that `PORT` asks for where nothing else names one: that port of every IPv4 address.

    Raises:
        ConfigError: it is no port.
    """
    port = _port_of(environment)
    if port is None:
        return []
    return [Given(written=PORT, setting=Setting(flag="--bind", text=f"{EVERY_IPV4_ADDRESS}:{port}"))]


def _host(given: Given | None) -> str:
    if given is None:
        return DEFAULT_BIND.host
    return given.setting.text.strip("[]") or EVERY_IPV4_ADDRESS


def _port_of(environment: Mapping[str, str]) -> str | None:
    text = environment.get(PORT, "")
    if not text:
        return None
    try:
        conversions.port(text)
    except ValueError as error:
        raise ConfigError(f"{PORT} in the environment: {error}") from error
    return text
