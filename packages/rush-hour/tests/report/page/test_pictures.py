"""The three pictures of a published round."""

from sample_documents import FAILED, bench, system

from rush_hour.report.page.pictures import pictures_of


def test_all_systems_stand_side_by_side_published_and_measured() -> None:
    requests, latency, errors = pictures_of(bench(system("one", 1, seconds=2, bad_per_s=2000), FAILED))

    assert [picture.heading for picture in (requests, latency, errors)] == ["Requests", "Latency", "Errors"]
    one, dead = requests.rows
    assert (one.title, dead.title, dead.measured_text) == ("One, behind nginx", "Dead", "not measured")
    assert [piece.kind for piece in one.published.segments] == ["good", "bad"]
    assert errors.rows[0].published.segments[0].width_percent == 86.1
    assert errors.rows[0].measured is not None
    assert 40 < errors.rows[0].measured.segments[0].width_percent < 60
    assert latency.rows[0].published_text == "121 ms, at most 2,660"


def test_without_published_figures_there_are_no_pictures() -> None:
    assert pictures_of(bench(system("one", 1, seconds=2), suite=None)) == []
