"""The media type of a file, from the end of its name."""

import pytest

from api_hour.http.files.content_type import content_type_of


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a/style.css", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.mjs", "text/javascript; charset=utf-8"),
        ("app.js.map", "application/json"),
        ("font.woff2", "font/woff2"),
        ("PHOTO.JPG", "image/jpeg"),
        ("backup.tar.gz", "application/gzip"),
        ("backup.tar.xz", "application/octet-stream"),
        ("README", "application/octet-stream"),
        ("a.unknown", "application/octet-stream"),
    ],
)
def test_the_end_of_a_name_says_what_a_file_is(name: str, content_type: str) -> None:
    assert content_type_of(name) == content_type
