"""The time zone of whoever started this process: for the lines of logs, whatever zone an application sets afterwards.

An application that sets TZ (time.tzset(3)) must not make the times of the log jump.
"""

import os
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

SYSTEM_ZONE = Path("/etc/localtime")


def local_zone() -> tzinfo:
    """Return the zone that TZ names, or the system's; where neither is found, the offset of now."""
    name = os.environ.get("TZ")
    try:
        if name:
            return ZoneInfo(name.removeprefix(":"))
        if name is None:
            with SYSTEM_ZONE.open("rb") as file:
                return ZoneInfo.from_file(file)
    except (OSError, ValueError, KeyError):  # a rule such as CET-1CEST, a path, or no database of zones
        pass
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None
    return zone


ZONE = local_zone()  # of this process, from its start
