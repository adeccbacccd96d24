"""Every mistake in a suite is told with file, line, key, what was expected and what came."""

from pathlib import Path

import pytest

from rush_hour.errors import UsageError
from rush_hour.rig.suite.reading import read_suite

SUITE = """\
name = "small"
title = "Small"
# suite

[[requests]]
path = "/"
# requests

[load]
# load

[matrix]
workers = [1, 2]
# matrix

[[systems]]
name = "a"
title = "A"
command = "serve {port} {workers}"
# system

[[systems]]
name = "b"
title = "B"
command = "serve {socket} {workers}"
front = { protocol = "http", port = 8080 }
# other
"""
DURATION = "expected a duration above 0, such as 10s, 500ms or 5m"
KNOWN = "backlog, database_address, database_url, port, python, run_directory, socket, threads, workers"
SHARED = "backlog, database_address, database_url, python, run_directory, threads, workers"
NGINX = "expected a value without quotes, braces, ';', '#' and line ends"
IN_NAME = "expected a name of lower-case letters, digits and '_' that is no placeholder of the rig"
NAMES = "a-workers=1, a-workers=2, b-workers=1, b-workers=2"

MISTAKES = [
    # the suite
    ("# suite", "workers = 0", "3: workers: expected a number above 0, got 0"),
    ("# suite", "workers = '2'", "3: workers: expected 'int', got 'str': '2'"),
    ("# suite", "threads = -1", "3: threads: expected a number above 0, got -1"),
    ("# suite", "published = 3", "3: published: expected 'str', got 'int': 3"),
    ("# suite", "speed = 3", "3: speed: this key is not known here"),
    ("# suite", "workers = 1.5", "3: workers: expected 'int', got 'float': 1.5"),
    ("# suite", "rules = ['{port}']", "3: rules[0]: expected no placeholders but {threads} and {workers}; got {port}"),
    ("# suite", "venv = 'a'\npython = 'b'", "4: python: expected either venv or python, got both"),
    (
        "# suite",
        "venv = 'none'",
        (
            "3: venv: expected a virtual environment, got 'none', which has no bin/python: "
            "make it with python -m venv {directory}/none"
        ),
    ),
    (
        "# suite",
        "python = 'python3.99'",
        (
            "3: python: expected the program of an interpreter, got 'python3.99': "
            "give its path, such as what command -v python3 prints"
        ),
    ),
    ("# suite", "prepare = 'migrate'", "3: prepare: expected 'array', got 'str': 'migrate'"),
    ("# suite", "prepare = ['true', '']", "3: prepare[1]: expected a command line, got ''"),
    (
        "# suite",
        """prepare = ["echo '"]""",
        """3: prepare[0]: expected a command line, got "echo '": no closing quotation""",
    ),
    (
        "# suite",
        "prepare = ['curl {port}']",
        f"3: prepare[0]: expected placeholders among {SHARED}; got {{port}}",
    ),
    ("# suite", "prepare_timeout = 'soon'", f"3: prepare_timeout: {DURATION}; got 'soon'"),
    ('title = "Small"', "", "1: expected a key 'title', found none"),
    ('title = "Small"', 'title = "a\\u0000b"', "2: title: expected a text without NUL, which no program can be given"),
    # the requests; those that target files have too are in the tests of these
    (
        'path = "/"',
        "path = 'index'",
        "6: requests[0].path: expected a path that starts with '/', got 'index'",
    ),
    (
        'path = "/"',
        "path = '/a b'",
        (
            "6: requests[0].path: expected visible ASCII characters alone, got '/a b': "
            "' ' is character 3 of it; percent-encode it: %20"
        ),
    ),
    (
        "# requests",
        "expect = { status = 'ok' }",
        "7: requests[0].expect.status: expected status codes such as 200, '2xx' or '200,404'; got 'ok'",
    ),
    (
        "# requests",
        "expect = { body = 'sha256:ABC' }",
        (
            "7: requests[0].expect.body: expected 'bytes', 'json', 'any' or 'sha256:' and 64 hexadecimal digits; "
            "got 'sha256:ABC'"
        ),
    ),
    ("# requests", "[probe]", "7: probe: this key is not known here"),
    (
        "# requests",
        "[session]\ndata = 'users.csv'",
        "8: session.data: expected a CSV file, got '{directory}/users.csv': No such file or directory",
    ),
    # the load
    ("# load", "rate = 0", "10: load.rate: expected a number above 0, got 0.0"),
    ("# load", "rate = -5", "10: load.rate: expected a number above 0, got -5.0"),
    ("# load", "rate = inf", "10: load.rate: expected a number above 0, got inf"),
    ("# load", "rate = nan", "10: load.rate: expected a number above 0, got nan"),
    ("# load", "rate = '4k'", "10: load.rate: expected 'float', got 'str': '4k'"),
    ("# load", "connections = 0", "10: load.connections: expected a number above 0, got 0"),
    ("# load", "processes = 0", "10: load.processes: expected 1 to 'connections', got 0"),
    ("# load", "processes = 101", "10: load.processes: expected 1 to 'connections', got 101"),
    ("# load", "duration = '0s'", f"10: load.duration: {DURATION}; got '0s'"),
    ("# load", "duration = 10", "10: load.duration: expected 'str', got 'int': 10"),
    ("# load", "warmup = 'none'", f"10: load.warmup: {DURATION}; got 'none'"),
    ("# load", "timeout = '0'", f"10: load.timeout: {DURATION}; got '0'"),
    # a matrix
    ("workers = [1, 2]", "workers = 2", "13: matrix.workers: expected a list of values, got 2"),
    ("workers = [1, 2]", "workers = []", "13: matrix.workers: expected a list of values, got []"),
    ("workers = [1, 2]", "workers = [1, 0]", "13: matrix.workers[1]: expected a whole number above 0, got 0"),
    ("workers = [1, 2]", "workers = [1.5]", "13: matrix.workers[0]: expected a whole number above 0, got 1.5"),
    ("workers = [1, 2]", "workers = [true]", "13: matrix.workers[0]: expected a whole number above 0, got True"),
    (
        "workers = [1, 2]",
        "workers = [1, 2, 1]",
        "13: matrix.workers[2]: expected values that differ in letters and digits, got 1 again",
    ),
    ("# matrix", "rate = [1000, 0]", "14: matrix.rate[1]: expected a number above 0, got 0"),
    ("# matrix", "rate = ['1k']", "14: matrix.rate[0]: expected a number above 0, got '1k'"),
    (
        "# matrix",
        "connections = [10, 1]",
        "14: matrix.connections[1]: expected at least as many as 'load.processes' (2), got 1",
    ),
    ("# matrix", "port = [1, 2]", f"14: matrix.port: {IN_NAME}, got 'port'"),
    ("# matrix", "Loop = ['uvloop']", f"14: matrix.Loop: {IN_NAME}, got 'Loop'"),
    (
        "# matrix",
        "loop = ['uvloop']",
        "14: matrix.loop: expected {loop} in command, env or prepare of a system; none has it",
    ),
    (
        "# matrix",
        "threads = [1, 2]",
        "14: matrix.threads: expected {threads} in command, env or prepare of a system; none has it",
    ),
    (
        "# matrix",
        "exclude = [{ workers = 3 }]",
        "14: matrix.exclude[0].workers: expected one of 1, 2; got 3",
    ),
    (
        "# matrix",
        "exclude = [{ threads = 3 }]",
        "14: matrix.exclude[0].threads: expected a name of the matrix (workers), got 'threads'",
    ),
    (
        "# matrix",
        "exclude = { workers = 1 }",
        (
            "14: matrix.exclude: expected a list of combinations, such as [{ workers = 4, threads = 4 }], "
            "got {'workers': 1}"
        ),
    ),
    (
        "# matrix",
        "exclude = [{ workers = 1 }, { workers = 2 }]",
        "14: matrix.exclude: expected to leave something of 'a', left out all of it",
    ),
    (
        "workers = [1, 2]",
        f"rate = {list(range(1, 102))}",
        "12: matrix: expected at most 200 systems, got 202",
    ),
    (
        "workers = [1, 2]",
        f"rate = {list(range(1, 1002))}\nconnections = {list(range(2, 12))}",
        "12: matrix: expected at most 200 systems, got 10010 combinations for 'a'",
    ),
    (
        "# system",
        "matrix = { workers = [1], loop = [2] }",
        "20: systems[0].matrix.loop: expected {loop} in command, env or prepare of a system; none has it",
    ),
    ("# system", "matrix = [1]", "20: systems[0].matrix: expected 'table', got 'array': [1]"),
    (
        "# system",
        "env = { X = '{loop}' }\nmatrix = { loop = [[1]] }",
        "21: systems[0].matrix.loop[0]: expected a text or a number, got [1]",
    ),
    (
        'command = "serve {port} {workers}"\n# system',
        """command = "serve {port} {more}"\nmatrix = { more = ["'"] }\n""",
        """19: systems[0].command: expected a command line, got "serve {port} '": no closing quotation""",
    ),
    (
        "# system",
        """prepare = ["make {more}"]\nmatrix = { more = ["'"] }""",
        """20: systems[0].prepare[0]: expected a command line, got "make '": no closing quotation""",
    ),
    # a system
    ('name = "a"', "name = 'A b'", "17: systems[0].name: expected lower-case letters, digits and hyphens, got 'A b'"),
    ('name = "b"', "name = 'a'", "23: systems[1].name: expected a name of its own, got 'a' again"),
    (
        'name = "b"',
        f"name = '{76 * 'b'}'\nmatrix = {{}}",
        f"23: systems[1].name: expected names of systems of at most 75 characters, got '{76 * 'b'}'",
    ),
    (
        'name = "a"',
        f"name = '{66 * 'a'}'",
        f"12: matrix: expected names of systems of at most 75 characters, got '{66 * 'a'}-workers=1'",
    ),
    ("# system", "directory = 'none'", "20: systems[0].directory: expected a directory, got 'none'"),
    ("# system", "port = 0", "20: systems[0].port: expected a port from 1 to 65535, got 0"),
    ("# system", "port = 70000", "20: systems[0].port: expected a port from 1 to 65535, got 70000"),
    ("# system", "port = '8000'", "20: systems[0].port: expected 'int', got 'str': '8000'"),
    ("# system", "workers = 0", "20: systems[0].workers: expected a number above 0, got 0"),
    ("# system", "threads = 0", "20: systems[0].threads: expected a number above 0, got 0"),
    (
        "# system",
        "stop_signal = 'HUP'",
        "20: systems[0].stop_signal: expected one of 'SIGINT', 'SIGQUIT', 'SIGTERM'; got 'HUP'",
    ),
    ("# system", "grace = 'soon'", f"20: systems[0].grace: {DURATION}; got 'soon'"),
    ("# system", "ready_timeout = '0'", f"20: systems[0].ready_timeout: {DURATION}; got '0'"),
    ("# system", "packages = 'flask'", "20: systems[0].packages: expected 'array', got 'str': 'flask'"),
    ("# system", "packages = ['a b']", "20: systems[0].packages[0]: expected the name of a distribution, got 'a b'"),
    ("# system", "colour = 'red'", "20: systems[0].colour: this key is not known here"),
    (
        "# system",
        "requires = [{ command = 'true', hint = 1 }]",
        "20: systems[0].requires[0].hint: expected 'str', got 'int': 1",
    ),
    ("# system", "requires = [{ hint = 'x' }]", "20: systems[0].requires[0]: expected a key 'command', found none"),
    (
        "# system",
        "requires = [{ command = '' }]",
        "20: systems[0].requires[0].command: expected a command line, got ''",
    ),
    ("# system", "prepare = ['']", "20: systems[0].prepare[0]: expected a command line, got ''"),
    (
        "# system",
        "prepare = ['migrate {url}']",
        f"20: systems[0].prepare[0]: expected placeholders among {KNOWN}; got {{url}}",
    ),
    ("# system", "prepare_timeout = '0'", f"20: systems[0].prepare_timeout: {DURATION}; got '0'"),
    ("# system", "venv = 'v'\npython = 'p'", "21: systems[0].python: expected either venv or python, got both"),
    (
        "# system",
        "venv = 'v v'",
        (
            "20: systems[0].venv: expected a virtual environment, got 'v v', which has no bin/python: "
            "make it with python -m venv '{directory}/v v'"
        ),
    ),
    ("# system", "env = { A = 1 }", "20: systems[0].env.A: expected 'str', got 'int': 1"),
    (
        "# system",
        "env = { 'A=B' = 'x' }",
        "20: systems[0].env.A=B: expected the name of a variable, without '='; got 'A=B'",
    ),
    ("# system", "env = { A = '{host}' }", f"20: systems[0].env.A: expected placeholders among {KNOWN}; got {{host}}"),
    # a front
    ('"http"', '"ftp"', "26: systems[1].front.protocol: expected one of 'http', 'uwsgi'; got 'ftp'"),
    (", port = 8080", "", "26: systems[1].front: expected a key 'port', found none"),
    ("port = 8080", "port = 0", "26: systems[1].front.port: expected a port from 1 to 65535, got 0"),
    (
        '{ protocol = "http", port = 8080 }',
        "'nginx'",
        "26: systems[1].front: expected 'table', got 'str': 'nginx'",
    ),
    (
        "port = 8080",
        "port = 8080, options = { 'keepalive timeout' = '1s' }",
        (
            "26: systems[1].front.options.keepalive timeout: "
            "expected the name of a directive of nginx, got 'keepalive timeout'"
        ),
    ),
    (
        "port = 8080",
        "port = 8080, options = { listen = '80' }",
        "26: systems[1].front.options.listen: expected a directive that the rig does not set itself",
    ),
    (
        "port = 8080",
        "port = 8080, options = { deny = 'all; } #' }",
        f"26: systems[1].front.options.deny: {NGINX}, got 'all; }} #'",
    ),
    (
        "port = 8080",
        "port = 8080, options = { gzip = true }",
        "26: systems[1].front.options.gzip: expected 'int | str', got 'bool': True",
    ),
    # what is required
    ("# matrix", "[require]", "14: require: expected 'all' or 'systems' in it, objectives such as \"p99 < 100ms\""),
    ("# matrix", "[require]\nall = 1", "15: require.all: expected 'str', got 'int': 1"),
    ("# matrix", "[require]\nevery = 'p99 < 1s'", "15: require.every: this key is not known here"),
    (
        "# matrix",
        "[require]\nall = 'p99 < 1'",
        (
            "15: require.all: clause 'p99 < 1': expected a duration with its unit, such as 100ms, 300us or 2s, or "
            "baseline * 1.05; got '1'"
        ),
    ),
    (
        "# matrix",
        "[require]\nall = 'p99 < baseline'",
        (
            "15: require.all: clause 'p99 < baseline': expected 'baseline' beside it, the name of the system to "
            "compare with"
        ),
    ),
    (
        "# matrix",
        "[require]\nall = 'p99 < baseline'\nbaseline = 'a'",
        f"16: require.baseline: expected one of {NAMES}; got 'a'",
    ),
    (
        "# matrix",
        "[require.systems]\nb = 'p99 < 1s'\nc = 'p99 < 1s'",
        f"16: require.systems.c: expected one of {NAMES}, or a pattern of them; got 'c'",
    ),
    ("# matrix", "[require.systems]\nb = 1", "15: require.systems.b: expected 'str', got 'int': 1"),
]


@pytest.mark.parametrize(
    ("old", "new", "message"), MISTAKES, ids=[message.partition(" exp")[0] for *_, message in MISTAKES]
)
def test_a_mistake_is_told_with_its_line_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "suite.toml"
    assert old in SUITE
    path.write_text(SUITE.replace(old, new, 1))

    with pytest.raises(UsageError) as caught:
        read_suite(path)

    assert str(caught.value) == f"{path}:{message.replace('{directory}', str(tmp_path))}."


def test_the_suite_without_a_mistake_is_read(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(SUITE)

    assert [system.name for system in read_suite(path).systems] == [
        "a-workers=1",
        "a-workers=2",
        "b-workers=1",
        "b-workers=2",
    ]


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text("name = small\n")

    with pytest.raises(UsageError) as caught:
        read_suite(path)

    assert str(caught.value) == f"{path}: expected TOML; Invalid value (at line 1, column 8)."
