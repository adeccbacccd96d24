from pathlib import Path

import pytest

from rush_hour.errors import UsageError
from rush_hour.rig.suite import Front, LoadDefaults, Probe, Suite, SystemSpec, fill_in, read_suite

MINIMAL = """\
name = "small"
title = "Small"

[probe]
path = "/"

[[systems]]
name = "a"
title = "A"
command = "serve {port}"
"""
SYSTEM = 7  # the line where its table begins
END = 10  # the line of the last key


def write(directory: Path, text: str) -> Path:
    path = directory / "suite.toml"
    path.write_text(text)
    return path


def refusal_of(directory: Path, text: str) -> str:
    path = write(directory, text)
    with pytest.raises(UsageError) as caught:
        read_suite(path)
    return str(caught.value).removeprefix(f"{path}:")


def test_a_minimal_suite_needs_only_names_a_path_and_a_command(tmp_path: Path) -> None:
    assert read_suite(write(tmp_path, MINIMAL)) == Suite(
        name="small",
        title="Small",
        probe=Probe(path="/", status=200, sha256=None),
        systems=[
            SystemSpec(
                name="a", title="A", command="serve {port}", directory=".", port=8000, front=None, env={}, requires=[],
                packages=[], stop_signal="SIGTERM", grace="10s", ready_timeout="30s",
            )
        ],
        workers=2,
        load=LoadDefaults(rate=1000.0, connections=100, processes=2, duration="10s", warmup="2s", timeout="2s"),
        database=None,
        published=None,
    )  # fmt: skip


def test_placeholders_may_stand_in_the_environment(tmp_path: Path) -> None:
    text = MINIMAL.replace(
        '"serve {port}"',
        '"serve {{x}}"\nenv = { WHERE = "unix:{socket}" }\nfront = { protocol = "uwsgi", port = 65535 }',
    )

    [system] = read_suite(write(tmp_path, text)).systems

    assert system.front == Front(protocol="uwsgi", port=65535)
    assert fill_in(system.env["WHERE"], {"socket": Path("/tmp/x")}) == "unix:/tmp/x"
    assert fill_in(system.command, {}) == "serve {x}"


@pytest.mark.parametrize(
    ("line_and_key", "value", "what"),
    [
        ("3: workers", "0", "expected a number above 0, got 0"),
        ("3: published", "3", "expected 'str', got 'int': 3"),
        ("3: speed", "3", "this key is not known here"),
        ("5: probe.path", '"index"', "expected a path that starts with '/', in ASCII and without spaces, got 'index'"),
        ("5: probe.path", '"/a b"', "expected a path that starts with '/', in ASCII and without spaces, got '/a b'"),
        ("6: probe.status", '"200"', "expected 'int', got 'str': '200'"),
        ("6: probe.sha256", '"ABC"', "expected 64 hexadecimal digits, in lower case, got 'ABC'"),
        ("8: systems[0].name", '"A b"', "expected lower-case letters, digits and hyphens, got 'A b'"),
        ("11: systems[0].directory", '"none"', "expected a directory, got 'none'"),
        ("11: systems[0].port", "0", "expected a port from 1 to 65535, got 0"),
        ("11: systems[0].port", "70000", "expected a port from 1 to 65535, got 70000"),
        ("11: systems[0].port", '"8000"', "expected 'int', got 'str': '8000'"),
        ("11: systems[0].stop_signal", '"HUP"', "expected one of 'SIGINT', 'SIGQUIT', 'SIGTERM'; got 'HUP'"),
        ("11: systems[0].grace", '"soon"', "expected a duration above 0, such as 10s, 500ms or 5m; got 'soon'"),
        ("11: systems[0].ready_timeout", '"0"', "expected a duration above 0, such as 10s, 500ms or 5m; got '0'"),
        ("11: systems[0].packages", '"flask"', "expected 'array', got 'str': 'flask'"),
        ("11: systems[0].colour", '"red"', "this key is not known here"),
        ("11: systems[0].requires[0].hint", "1", "expected 'str', got 'int': 1"),
    ],
)
def test_a_wrong_value_is_told_with_its_line_and_key(tmp_path: Path, line_and_key: str, value: str, what: str) -> None:
    line, _, key = line_and_key.partition(": ")
    setting = f"{key.rpartition('.')[2]} = {value}"
    if ".requires[0]" in key:
        setting = f"requires = [{{ command = 'true', {setting} }}]"
    lines = MINIMAL.splitlines()
    old = lines[int(line) - 1] if int(line) <= len(lines) else ""
    if old.partition(" = ")[0] == setting.partition(" = ")[0]:
        lines[int(line) - 1] = setting
    else:
        lines.insert(int(line) - 1, setting)

    assert refusal_of(tmp_path, "\n".join(lines)) == f"{line_and_key}: {what}."


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("rate", "0", "expected a number above 0, got 0.0"),
        ("rate", "-5", "expected a number above 0, got -5.0"),
        ("rate", "inf", "expected a number above 0, got inf"),
        ("rate", "nan", "expected a number above 0, got nan"),
        ("rate", '"4k"', "expected 'float', got 'str': '4k'"),
        ("connections", "0", "expected a number above 0, got 0"),
        ("processes", "0", "expected 1 to 'connections', got 0"),
        ("processes", "101", "expected 1 to 'connections', got 101"),
        ("duration", '"0s"', "expected a duration above 0, such as 10s, 500ms or 5m; got '0s'"),
        ("duration", "10", "expected 'str', got 'int': 10"),
        ("warmup", '"none"', "expected a duration above 0, such as 10s, 500ms or 5m; got 'none'"),
        ("timeout", '"0"', "expected a duration above 0, such as 10s, 500ms or 5m; got '0'"),
    ],
)
def test_a_load_that_cannot_be_is_refused(tmp_path: Path, key: str, value: str, what: str) -> None:
    text = f"{MINIMAL}\n[load]\n{key} = {value}\n"

    assert refusal_of(tmp_path, text) == f"{END + 3}: load.{key}: {what}."


def test_a_load_without_warm_up_is_fine(tmp_path: Path) -> None:
    assert read_suite(write(tmp_path, f'{MINIMAL}\n[load]\nwarmup = "0"')).load.warmup == "0"


@pytest.mark.parametrize(
    ("front", "what"),
    [
        ('{ protocol = "ftp", port = 1 }', "front.protocol: expected one of 'http', 'uwsgi'; got 'ftp'"),
        ('{ protocol = "http" }', "front: expected a key 'port', found none"),
        ('{ protocol = "http", port = 0 }', "front.port: expected a port from 1 to 65535, got 0"),
        ('"nginx"', "front: expected 'table', got 'str': 'nginx'"),
    ],
)
def test_a_wrong_front_is_told(tmp_path: Path, front: str, what: str) -> None:
    text = MINIMAL.replace("{port}", "{socket}") + f"front = {front}\n"

    assert refusal_of(tmp_path, text) == f"{END + 1}: systems[0].{what}."


@pytest.mark.parametrize("template", ["{colour} {port}", "{port!r}", "{port:5}", "{port.real}", "{} {port}"])
def test_an_unknown_placeholder_is_told(tmp_path: Path, template: str) -> None:
    unknown = template.removesuffix(" {port}")

    assert refusal_of(tmp_path, MINIMAL.replace("serve {port}", template)) == (
        f"{END}: systems[0].command: expected placeholders among "
        f"backlog, database_url, port, run_directory, socket, workers; got {unknown}."
    )


def test_an_unknown_placeholder_in_the_environment_is_told(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, f'{MINIMAL}env = {{ A = "{{host}}" }}') == (
        f"{END + 1}: systems[0].env.A: expected placeholders among "
        "backlog, database_url, port, run_directory, socket, workers; got {host}."
    )


def test_a_secret_of_the_environment_is_not_told(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, f'{MINIMAL}env = {{ API_KEY = "hunter2{{" }}') == (
        f"{END + 1}: systems[0].env.API_KEY: expected placeholders among "
        "backlog, database_url, port, run_directory, socket, workers; got {***}."
    )


def test_a_rule_may_name_the_workers_and_nothing_else(tmp_path: Path) -> None:
    text = 'rules = ["{workers} processes.", "Port {port}."]\n' + MINIMAL

    assert refusal_of(tmp_path, text) == "1: rules[1]: expected no placeholder but {workers}; got {port}."


def test_a_brace_that_is_not_closed_is_told(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, MINIMAL.replace("{port}", "{port")) == (
        f"{END}: systems[0].command: expected placeholders among "
        "backlog, database_url, port, run_directory, socket, workers; got {serve {port}."
    )


def test_a_system_must_listen_where_the_requests_are_sent(tmp_path: Path) -> None:
    no_port = MINIMAL.replace("{port}", "8000")
    no_socket = MINIMAL + 'front = { protocol = "http", port = 8080 }'

    assert refusal_of(tmp_path, no_port) == (
        f"{END}: systems[0].command: expected {{port}} in it or in env: that is where requests are sent."
    )
    assert refusal_of(tmp_path, no_socket) == (
        f"{END}: systems[0].command: expected {{socket}} in it or in env: that is where requests are sent."
    )


@pytest.mark.parametrize(
    ("command", "what"), [("", "got ''"), ("serve '{port}", 'got "serve \'{port}": no closing quotation')]
)
def test_a_command_line_must_have_words(tmp_path: Path, command: str, what: str) -> None:
    text = MINIMAL.replace("serve {port}", command) + 'env = { PORT = "{port}" }'
    requirement = f'{MINIMAL}requires = [{{ command = "true" }}, {{ command = "{command}" }}]'

    assert refusal_of(tmp_path, text) == f"{END}: systems[0].command: expected a command line, {what}."
    assert refusal_of(tmp_path, requirement) == (
        f"{END + 1}: systems[0].requires[1].command: expected a command line, {what}."
    )


def test_two_systems_need_two_names(tmp_path: Path) -> None:
    text = MINIMAL + "\n" + MINIMAL[MINIMAL.index("[[systems]]") :]

    assert refusal_of(tmp_path, text) == "13: systems[1].name: expected a name of its own, got 'a' again."


def test_there_must_be_a_system(tmp_path: Path) -> None:
    head = MINIMAL[: MINIMAL.index("[[systems]]")]

    assert refusal_of(tmp_path, head) == "1: expected a key 'systems', found none."
    assert refusal_of(tmp_path, f"systems = []\n{head}") == "1: systems: expected at least one system, got none."


def test_the_database_is_loaded_from_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").touch()
    text = MINIMAL + '\n[database]\nload = ["schema.sql", "rows.sql"]\n'

    assert refusal_of(tmp_path, text) == f"{END + 3}: database.load[1]: expected a file, got 'rows.sql'."
    (tmp_path / "rows.sql").touch()
    assert read_suite(tmp_path / "suite.toml").database is not None


def test_files_are_looked_for_beside_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").mkdir()
    path = write(tmp_path, f'{MINIMAL}directory = "app"\n')
    monkeypatch.chdir("/")

    assert read_suite(path).systems[0].directory == "app"


@pytest.mark.parametrize("name", ["A=B", ""])
def test_a_variable_has_a_name_that_the_system_takes(tmp_path: Path, name: str) -> None:
    assert refusal_of(tmp_path, f'{MINIMAL}env = {{ "{name}" = "x" }}').endswith(
        f"expected the name of a variable, without '='; got {name!r}."
    )


@pytest.mark.parametrize("name", ["", "-", "a b", "a/b"])
def test_a_package_has_a_name(tmp_path: Path, name: str) -> None:
    assert refusal_of(tmp_path, f'{MINIMAL}packages = ["uvloop", "{name}"]') == (
        f"{END + 1}: systems[0].packages[1]: expected the name of a distribution, got {name!r}."
    )
