"""A daemon's configuration: options, where they come from, and addresses."""

from api_hour.config.binds import Bind, FdBind, TcpBind, UdpBind, UnixBind, parse_bind
from api_hour.config.location import Location
from api_hour.config.settings import Settings

__all__ = ["Bind", "FdBind", "Location", "Settings", "TcpBind", "UdpBind", "UnixBind", "parse_bind"]
