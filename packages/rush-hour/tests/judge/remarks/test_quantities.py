import pytest

from rush_hour.judge.remarks.quantities import merged, without_quantities


@pytest.mark.parametrize(
    ("sentences", "together"),
    [
        (["72.4% were bad.", "9.3% were bad."], "9.3-72.4% were bad."),
        (["5,513 of 20,000 were sent", "990 of 20,000 were sent"], "990-5,513 of 20,000 were sent"),
        (["1.2 ms (median), 3", "1.3 ms (median), 4"], "1.2-1.3 ms (median), 3-4"),
        (["p99 is 1.01 s: late", "p99 is 969 ms: late"], "p99 is 969 ms to 1.01 s: late"),
        (["after 850 µs.", "after 1.00 s.", "after 2.00 ms."], "after 850 µs to 1.00 s."),
        (["5 times: reset (104: x)."] * 2, "5 times: reset (104: x)."),
        (["1 was bad. It had status 502."] * 2, "1 was bad. It had status 502."),
        (["7 systems"], "7 systems"),
    ],
)
def test_sentences_that_differ_in_quantities_alone_are_one_with_their_spans(
    sentences: list[str], together: str
) -> None:
    assert len({without_quantities(sentence) for sentence in sentences}) == 1
    assert merged(sentences) == together


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("it had status 500", "it had status 502"),
        ("bad. It had 12 bytes", "bad. It had 13 bytes"),
        ("127.0.0.1:8001 refused", "127.0.0.1:8002 refused"),
        ("nginx: 104: reset", "nginx: 111: reset"),
        ("got b'00 11'", "got b'22 11'"),
        ("5 s late", "5 requests late"),
    ],
)
def test_what_is_no_quantity_makes_another_sentence(one: str, other: str) -> None:
    assert without_quantities(one) != without_quantities(other)
