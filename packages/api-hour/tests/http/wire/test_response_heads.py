"""The heads that are put together once for each date."""

from api_hour.http import Response
from api_hour.http.wire.answer_head import encode_response
from api_hour.http.wire.response_heads import SMALL_JSON_BYTES, ResponseHeads

DATE = b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"


def test_json_has_the_head_of_its_own_length() -> None:
    heads = ResponseHeads(DATE)
    documents = [byte * length for length in (2, SMALL_JSON_BYTES - 1, SMALL_JSON_BYTES) for byte in (b"1", b"2")]
    responses = [Response(document, content_type="application/json") for document in documents]

    assert [heads.json(document) for document in documents] == [
        encode_response(response, None, date=DATE, keep_alive=True) for response in responses
    ]
