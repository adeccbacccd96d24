"""The picture of a daemon as a document."""

import json

import msgspec
import pytest
from pictured import BOOTING, FACTS, facts

from api_hour.supervisor.monitor.facts import decode_facts, encode_facts
from api_hour.supervisor.policy.events import DaemonState


def test_a_picture_that_was_written_is_read_as_it_was() -> None:
    pictured = facts(workers=(BOOTING,), state=DaemonState.BOOTING, rss_bytes=None)

    assert decode_facts(encode_facts(pictured)) == pictured


def test_a_reader_passes_over_what_it_does_not_know() -> None:
    document = json.loads(encode_facts(FACTS)) | {"added": "later"}

    assert decode_facts(json.dumps(document).encode()) == FACTS


def test_something_else_is_no_picture() -> None:
    with pytest.raises(msgspec.MsgspecError) as caught:
        decode_facts(b'{"schema_version": 1}')

    assert str(caught.value) == "Object missing required field `version`"


def test_workers_are_added_up() -> None:
    pictured = facts(workers=(*FACTS.workers, BOOTING))

    assert (pictured.serving, pictured.requests_in_flight, pictured.connections) == (2, 2, 12)
