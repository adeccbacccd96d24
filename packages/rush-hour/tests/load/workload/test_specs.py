"""Mistakes in the requests and sessions of a file: each is told with its line and key."""

from pathlib import Path

import pytest

from rush_hour.errors import UsageError
from rush_hour.load.workload.target_file import read_target_file

ONE = '[[requests]]\npath = "/"\n'
WORDS = {
    "bodies": "expected 'bytes', 'json', 'any' or 'sha256:' and 64 hexadecimal digits",
    "cookies": "expected no cookies: with [session] those are sent that the server has set",
    "name": "expected a name of letters, digits and underscores other than 'connection'",
    "no_json": "expected what JSON has too (no dates, inf or nan)",
    "no_name": "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    "one": "expected one of json, header, cookie and pattern",
    "open": "missing ), unterminated subpattern at position 0",
    "statuses": "expected status codes such as 200, '2xx' or '200,404'",
    "values": "expected values among connection, which data or a request of the session gives",
    "values_and_csrf": "expected values among connection, csrf, which data or a request of the session gives",
}
SESSION = '[session]\n[[session.requests]]\npath = "/login"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ONE + "form = { a = 1 }", "3: requests[0].form.a: expected 'str', got 'int': 1."),
        (
            ONE + 'body = "x"\njson = 1',
            "4: requests[0].json: expected one of body, body_file, form and json, got body and json.",
        ),
        (ONE + "json = 2026-01-01", "3: requests[0].json: {no_json}, got datetime.date(2026, 1, 1)."),
        (ONE + "json = { a = nan }", "3: requests[0].json: {no_json}, got {'a': nan}."),
        (ONE + "expect = 200", "3: requests[0].expect: expected 'table', got 'int': 200."),
        (ONE + "expect = { statuses = 200 }", "3: requests[0].expect.statuses: this key is not known here."),
        (ONE + "expect = { status = 20 }", "3: requests[0].expect.status: {statuses}; got 20."),
        (
            ONE + "expect = { status = [200] }",
            "3: requests[0].expect.status: expected 'int | str', got 'array': [200].",
        ),
        (
            ONE + 'expect = { body = "same" }',
            "3: requests[0].expect.body: {bodies}; got 'same'.",
        ),
        (
            ONE + 'expect = { body = "sha256:abc" }',
            "3: requests[0].expect.body: {bodies}; got 'sha256:abc'.",
        ),
        (
            ONE + 'expect = { body = "any", json = "1" }',
            "3: requests[0].expect.json: expected either body or json, got both: body is 'any'.",
        ),
        (
            ONE + "expect = { json = '{a}' }",
            "3: requests[0].expect.json: expected JSON, got '{a}': {no_name}.",
        ),
        (ONE + "expect = { json = 12:00:00 }", "3: requests[0].expect.json: {no_json}, got datetime.time(12, 0)."),
        (ONE + "take = { id = 'x' }", "3: requests[0].take.id: expected 'table', got 'str': 'x'."),
        (ONE + "take = { id = {} }", "3: requests[0].take.id: {one}, got none."),
        (
            ONE + "take = { id = { json = '/a', header = 'B' } }",
            "3: requests[0].take.id: {one}, got json and header.",
        ),
        (
            ONE + "take = { id = { json = 'a' } }",
            "3: requests[0].take.id.json: expected a JSON pointer such as '/orders/0/id', got 'a'.",
        ),
        (
            ONE + "take = { id = { header = 'a b' } }",
            "3: requests[0].take.id.header: expected the name of a header, got 'a b'.",
        ),
        (
            ONE + "take = { id = { cookie = '' } }",
            "3: requests[0].take.id.cookie: expected the name of a cookie, got ''.",
        ),
        (
            ONE + "take = { id = { pattern = '(' } }",
            "3: requests[0].take.id.pattern: expected a regular expression, got '(': {open}.",
        ),
        (
            ONE + "take = { id = { pattern = '(a)(b)' } }",
            "3: requests[0].take.id.pattern: expected one group at most, for the value, got 2: '(a)(b)'.",
        ),
        (ONE + "take = { id = { xpath = '/' } }", "3: requests[0].take.id.xpath: this key is not known here."),
        (
            ONE + "take = { 'an id' = { json = '' } }",
            "3: requests[0].take.an id: {name}, got 'an id'.",
        ),
        (
            ONE + "take = { connection = { json = '' } }",
            "3: requests[0].take.connection: {name}, got 'connection'.",
        ),
        (
            '[[requests]]\npath = "/{{id}}"',
            "2: requests[0].path: {values}; got {{id}}.",
        ),
        (
            ONE + 'headers = { A = "{{csrf}}" }',
            "3: requests[0].headers.A: {values}; got {{csrf}}.",
        ),
        (
            ONE + 'body = "{{b}}{{a}}"',
            "3: requests[0].body: {values}; got {{a}}.",
        ),
        (
            ONE + 'form = { "{{a}}" = "" }',
            "3: requests[0].form.{{a}}: {values}; got {{a}}.",
        ),
        (
            ONE + 'json = { a = ["{{a}}"] }',
            "3: requests[0].json: {values}; got {{a}}.",
        ),
        (
            ONE + 'body = "{{connection}}"\nheaders = { content-length = "3" }',
            (
                "4: requests[0].headers.content-length: expected none: the length of a body with values in it is found "
                "when it is sent."
            ),
        ),
        (
            SESSION + 'take = { csrf = { cookie = "c" } }\n' + ONE + 'body = "{{user}}"',
            "7: requests[0].body: {values_and_csrf}; got {{user}}.",
        ),
        (
            SESSION + 'body = "{{csrf}}"\ntake = { csrf = { cookie = "c" } }\n' + ONE,
            "4: session.requests[0].body: {values}; got {{csrf}}.",
        ),
        (SESSION + "weight = 2\n" + ONE, "4: session.requests[0].weight: this key is not known here."),
        (
            SESSION.replace("/login", "login") + ONE,
            "3: session.requests[0].path: expected a path that starts with '/', got 'login'.",
        ),
        (
            '[session]\ntimeout = "soon"\n' + ONE,
            "2: session.timeout: expected a duration above 0, such as 10s, 500ms or 5m; got 'soon'.",
        ),
        (
            '[session]\ndata = "none.csv"\n' + ONE,
            "2: session.data: expected a CSV file, got '{directory}/none.csv': No such file or directory.",
        ),
        ("[session]\nlogin = 1\n" + ONE, "2: session.login: this key is not known here."),
        (
            "[session]\n" + ONE + 'headers = { cookie = "a=b" }',
            "4: requests[0].headers.cookie: {cookies}.",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_key(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "targets.toml"
    path.write_text(text)

    with pytest.raises(UsageError) as caught:
        read_target_file(path)

    for word, words in (WORDS | {"directory": str(tmp_path)}).items():
        message = message.replace(f"{{{word}}}", words)
    assert str(caught.value) == f"{path}:{message}"
