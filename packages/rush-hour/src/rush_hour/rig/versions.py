"""The versions of what the systems of a suite share."""

from rush_hour.rig.machine import nginx_version, package_versions
from rush_hour.rig.parts.postgres import server_version
from rush_hour.rig.shared import Rig


def shared_versions(rig: Rig) -> dict[str, str]:
    """Return the versions of Rush Hour, and of the proxy and the database where there are any."""
    versions = package_versions(["rush-hour"])
    if rig.nginx is not None:
        versions["nginx"] = nginx_version(rig.nginx)
    if rig.database_url is not None:
        versions["postgresql"] = server_version(rig.database_url)
    return versions
