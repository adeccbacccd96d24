"""The user of the workers: who is found, who is refused, and what is left after the change."""

import os
import pwd
import subprocess
import sys

import pytest

from api_hour.errors import ConfigError
from api_hour.process.privileges import Identity, find_identity

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")

NOBODY = pwd.getpwnam("nobody")

BECOME = """
import os, sys
from api_hour.process.privileges import Identity, take_identity
take_identity(Identity(uid=65534, gid=65533, groups=(65533, 65532)))
print(os.getresuid(), os.getresgid(), sorted(os.getgroups()))
try:
    os.setuid(0)
except PermissionError:
    print("cannot go back")
"""


def refusal(user: str | None, group: str | None) -> str:
    with pytest.raises(ConfigError) as caught:
        find_identity(user, group)
    return str(caught.value)


def test_without_a_user_the_workers_are_who_starts_them() -> None:
    assert find_identity(None, None) is None
    assert find_identity(str(os.geteuid()), str(os.getegid())) is None


@needs_root
@pytest.mark.parametrize("user", ["nobody", str(NOBODY.pw_uid)])
def test_a_user_brings_its_groups(user: str) -> None:
    assert find_identity(user, None) == Identity(
        uid=NOBODY.pw_uid, gid=NOBODY.pw_gid, groups=tuple(os.getgrouplist("nobody", NOBODY.pw_gid))
    )


@needs_root
def test_a_group_is_used_in_the_place_of_the_user_s_own() -> None:
    identity = find_identity("nobody", "12345")

    assert identity is not None
    assert (identity.uid, identity.gid) == (NOBODY.pw_uid, 12345)
    assert 12345 in identity.groups
    assert find_identity("nobody", "root") == Identity(
        uid=NOBODY.pw_uid, gid=0, groups=tuple(os.getgrouplist("nobody", 0))
    )


@needs_root
def test_a_group_alone_leaves_the_user() -> None:
    assert find_identity(None, "12345") == Identity(uid=0, gid=12345, groups=(12345,))


@needs_root
def test_a_number_needs_no_entry_in_the_database() -> None:
    assert find_identity("54321", "12345") == Identity(uid=54321, gid=12345, groups=(12345,))


@pytest.mark.parametrize("user", ["no such user", "", "4294967295", "99999999999999999999", "-1"])
def test_a_user_that_is_not_there_is_refused(user: str) -> None:
    assert refusal(user, None) == f"--user: expected the name or number of a user; there is no {user!r}."


@pytest.mark.parametrize("group", ["no such group", "", "4294967295", "-1"])
def test_a_group_that_is_not_there_is_refused(group: str) -> None:
    assert refusal(None, group) == f"--group: expected the name or number of a group; there is no {group!r}."


def test_only_root_may_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 1000)

    assert refusal("nobody", None) == (
        "--user: only root may run workers as 'nobody'; start it as root, or leave this out."
    )
    assert refusal(None, "12345") == (
        "--group: only root may run workers as '12345'; start it as root, or leave this out."
    )


@needs_root
def test_who_became_somebody_else_cannot_go_back() -> None:
    ended = subprocess.run([sys.executable, "-c", BECOME], check=True, capture_output=True, text=True, timeout=60)

    assert ended.stdout == "(65534, 65534, 65534) (65533, 65533, 65533) [65532, 65533]\ncannot go back\n"
