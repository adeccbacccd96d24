"""Which content coding a client accepts (RFC 9110, 12.5.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_hour.http.message.negotiation import choose_coding


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("br, gzip", "gzip"),
        ("br", "identity"),
        ("*", "gzip"),
        ("*;q=0", "identity"),
        ("*;q=0, gzip", "gzip"),
        ("*, gzip;q=0", "identity"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.000", "identity"),
        ("gzip;q=0.001", "gzip"),
        ("gzip ; Q=1.000", "gzip"),
        ("gzip;q=0.5, identity;q=0.6", "identity"),
        ("gzip;q=0.5, identity;q=0.5", "gzip"),
        ("gzip;q=1.0, identity;q=0.5, *;q=0", "gzip"),
        ("identity;q=0", "identity"),
        ("gzip;q=2", "identity"),
        ("gzip;q=0.1234", "identity"),
        ("gzip;level=1", "identity"),
        ("gzip;q=x, ,", "identity"),
    ],
)
def test_rfc_9110_12_5_3_weights_decide(accept_encoding: str | None, coding: str) -> None:
    assert choose_coding(accept_encoding, ["gzip"]) == coding


def test_the_clients_weight_goes_before_the_servers_order() -> None:
    assert choose_coding("gzip, br", ["br", "gzip"]) == "br"
    assert choose_coding("gzip, br;q=0.9", ["br", "gzip"]) == "gzip"
    assert choose_coding("gzip", []) == "identity"


@given(st.text() | st.lists(st.sampled_from(["gzip", "*", "identity", ";q=0", ";q=1", ","])).map("".join))
def test_only_what_is_available_is_chosen(accept_encoding: str) -> None:
    assert choose_coding(accept_encoding, ["gzip"]) in ("gzip", "identity")
