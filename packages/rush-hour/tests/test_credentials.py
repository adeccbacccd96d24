from urllib.parse import urlsplit

import pytest

from rush_hour.credentials import (
    authorization_of,
    hide_in_bad_url,
    hide_in_header,
    hide_in_line,
    hide_in_url,
    hide_in_value,
    masked_command,
    printable,
    without_password,
)


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("http://x/a@b", None),
        ("http://Aladdin:open%20sesame@x/", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),  # RFC 7617, 2
        ("http://token@x/", "Authorization: Basic dG9rZW46"),
        ("http://a%40b:c%3Ad@x/", "Authorization: Basic YUBiOmM6ZA=="),
    ],
)
def test_user_and_password_of_a_url_become_a_header(url: str, header: str | None) -> None:
    assert authorization_of(urlsplit(url)) == header


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://me:secret@x:80/a@b?c=@d", "http://***@x:80/a@b?c=@d"),
        ("https://token@[::1]/", "https://***@[::1]/"),
        ("http://x/a@b?c=@d", "http://x/a@b?c=@d"),
    ],
)
def test_a_url_is_shown_without_user_and_password(url: str, shown: str) -> None:
    assert hide_in_url(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:se/cr#et@x/", "http://***@x/"),
        ("me:secret@x", "***@x"),
        ("http://a@b:secret@x", "http://***@x"),
        ("localhost:8008", "localhost:8008"),
    ],
)
def test_what_is_no_url_is_shown_without_all_that_may_be_a_password(text: str, shown: str) -> None:
    assert hide_in_bad_url(text) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Authorization: Bearer abc", "Authorization: ***"),
        ("proxy-authorization:Basic abc", "proxy-authorization: ***"),
        ("Cookie: a=b", "Cookie: ***"),
        ("X-Api-Key: abc", "X-Api-Key: ***"),
        ("X-Auth-Token=abc", "X-Auth-Token: ***"),
        ("Authorization Bearer abc", "Authorization: ***"),
        ("Bearer abc", "Bearer: ***"),
        ("X-Api Key: abc", "X-Api: ***"),
        ("Accept: text/html", "Accept: text/html"),
        ("", ""),
    ],
)
def test_a_header_is_shown_without_a_secret(line: str, shown: str) -> None:
    assert hide_in_header(line) == shown


def test_a_value_of_a_file_is_shown_without_the_secrets_in_it() -> None:
    assert hide_in_value({"Cookie": "a=b", "Accept": 1, "more": ["X-Api-Key: 1"]}) == {
        "Cookie": "***",
        "Accept": 1,
        "more": ["X-Api-Key: ***"],
    }
    assert hide_in_value("abc", name="API_KEY") == "***"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@x/db?a=b", "postgresql://me@x/db?a=b"),
        ("postgresql:///db?host=/tmp&password=secret&user=me", "postgresql:///db?host=/tmp&password=&user=me"),
        ("postgresql://me@/db", "postgresql://me@/db"),
    ],
)
def test_the_url_of_a_database_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_what_others_say_cannot_move_a_terminals_cursor() -> None:
    assert printable("a\x1b[2J\n\u00e9") == "a\\x1b[2J\\n\u00e9"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "cannot reach postgresql://app:hunter2@db/x and amqp://a:b@c",
            "cannot reach postgresql://app:***@db/x and amqp://a:***@c",
        ),
        ("mail to me@example.org: http://host/a:b", "mail to me@example.org: http://host/a:b"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("authorization: Basic YTpi, x", "authorization: Basic ***, x"),
        ("{'X-Api-Key': 'abc', 'n': 1}", "{'X-Api-Key': '***', 'n': 1}"),
        ("password=abc host=x", "password=*** host=x"),
        ("DB_PASSWORD: abc", "DB_PASSWORD: ***"),
        ("GET /agents 200", "GET /agents 200"),
    ],
)
def test_a_line_of_a_log_is_shown_without_the_secrets_in_it(line: str, shown: str) -> None:
    assert hide_in_line(line) == shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["load", "http://me:secret@a/b?c=d", "-R", "10"], "load 'http://***@a/b?c=d' -R 10"),
        (["-H", "Cookie: a=b"], "-H 'Cookie: ***'"),
        (["-HCookie: a=b"], "'-HCookie: ***'"),
        (["--header=X-Api-Key: 1"], "'--header=X-Api-Key: ***'"),
        (["--header", "Accept: */*"], "--header 'Accept: */*'"),
        (["--database", "postgresql://me:secret@x/db"], "--database postgresql://me@x/db"),
        (["--database=postgresql://me:secret@x/db"], "--database=postgresql://me@x/db"),
        (["--body", '{"password": "x"}'], "--body '***'"),
        (["--body", "a=b"], "--body a=b"),
        (["serve", "--secret-key", "abc", "--port", "80"], "serve --secret-key '***' --port 80"),
        (["serve", "--password=abc"], "serve '--password=***'"),
        (["serve", "--env=SECRET_KEY=abc", "-e", "TOKEN=abc"], "serve '--env=SECRET_KEY=***' -e 'TOKEN=***'"),
        (["env", "DATABASE_URL=postgresql://me:secret@x/db"], "env 'DATABASE_URL=postgresql://***@x/db'"),
        (["serve", "--env", "LEVEL=3"], "serve --env LEVEL=3"),
        (["serve", "token", "a b"], "serve token 'a b'"),
    ],
)
def test_a_command_line_is_shown_without_the_secrets_in_it(words: list[str], shown: str) -> None:
    assert masked_command(words) == shown
