import socket

import pytest

from rush_hour.errors import UsageError
from rush_hour.load.transport.host import usable_host


@pytest.mark.parametrize(
    "host", ["localhost", "a.b.example.", "db_1", "1.2.3.4", "::1", "x" * 63, ".".join(["x" * 62] * 4)]
)
def test_hosts_are_taken_as_they_are(host: str) -> None:
    assert usable_host(host, what="URL") == host


@pytest.mark.parametrize(
    "host", ["a..b", ".", "", "x" * 64, "-a", "a-.b", "a,b", "ex%61mple", ".".join(["x" * 63] * 4)]
)
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(UsageError) as caught:
        usable_host(host, what="URL")

    assert str(caught.value) == (
        f"URL: expected a host name whose labels have 1 to 63 letters, digits and hyphens, got {host!r}."
    )


@pytest.mark.parametrize("zone", ["lo", "25lo"])
def test_a_zone_is_known_by_the_number_of_its_interface(zone: str) -> None:
    assert usable_host(f"fe80::1%{zone}", what="URL") == f"fe80::1%{socket.if_nametoindex('lo')}"
    assert usable_host("fe80::1%7", what="URL") == "fe80::1%7"


def test_a_zone_of_no_interface_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        usable_host("fe80::1%none0", what="--connect-to")

    assert str(caught.value) == "--connect-to: expected a network interface after %, got 'none0'."
