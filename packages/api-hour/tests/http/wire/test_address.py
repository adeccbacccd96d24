"""Addresses, as they are written."""

import pytest

from api_hour.http.wire.address import plain_host


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("::FFFF:102:304", "1.2.3.4"),
        ("1.2.3.4", "1.2.3.4"),
        ("::1.2.3.4", "::1.2.3.4"),
        ("::ffff:1:2:3", "::ffff:1:2:3"),
        ("::ffff:x", "::ffff:x"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_an_address_of_ipv4_that_came_as_ipv6_is_shown_as_ipv4(host: str, plain: str) -> None:
    assert plain_host(host) == plain
