"""The user and group of the workers. The supervisor keeps its own rights: it binds, and it signals the workers.

Rule that must hold: after `take_identity` the process cannot get its former rights back.
"""

import grp
import os
import pwd
from dataclasses import dataclass

from api_hour.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user, a group, and the further groups that the user is in, by their numbers."""

    uid: int
    gid: int
    groups: tuple[int, ...]


def find_identity(user: str | None, group: str | None) -> Identity | None:
    """Return the user and groups of the workers; None if they are those of this process.

    Args:
        user: name or number; None for the user of this process.
        group: name or number; None for the user's own group.

    Raises:
        ConfigError: there is no such user or group, or this process may not become it.
    """
    uid, gid, name = _find_user(user)
    if group is not None:
        gid = _find_group(group)
    if (uid, gid) == (os.geteuid(), os.getegid()):
        return None
    if os.geteuid() != 0:
        option, value = ("--user", user) if uid != os.geteuid() else ("--group", group)
        raise ConfigError(f"{option}: only root may run workers as {value!r}; start it as root, or leave this out.")
    return Identity(uid=uid, gid=gid, groups=(gid,) if name is None else tuple(os.getgrouplist(name, gid)))


def take_identity(identity: Identity) -> None:
    """Become somebody else for good, with all the groups that go with it."""
    os.setgroups(identity.groups)
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)


def _find_user(user: str | None) -> tuple[int, int, str | None]:
    """Return uid, gid and, of a user with an entry in the password database, the name."""
    if user is None:
        return os.geteuid(), os.getegid(), None
    try:
        entry = pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
    except (KeyError, OverflowError):
        if user.isdecimal() and int(user) < 2**32 - 1:  # the highest number means "no change"
            return int(user), os.getegid(), None
        raise ConfigError(f"--user: expected the name or number of a user; there is no {user!r}.") from None
    return entry.pw_uid, entry.pw_gid, entry.pw_name


def _find_group(group: str) -> int:
    if group.isdecimal() and int(group) < 2**32 - 1:
        return int(group)
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise ConfigError(f"--group: expected the name or number of a group; there is no {group!r}.") from None
