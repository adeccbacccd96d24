from pathlib import Path

import pytest
from rig.environments import made_environment

from rush_hour.core.profile.grammar import SHAPES
from rush_hour.errors import UsageError
from rush_hour.load.workload.specs import RequestSpec
from rush_hour.rig.suite.placeholders import fill_in
from rush_hour.rig.suite.reading import read_suite
from rush_hour.rig.suite.suite import LoadDefaults, Suite
from rush_hour.rig.suite.system_spec import Front, SystemSpec

MINIMAL = """\
name = "small"
title = "Small"

[[requests]]
path = "/"

[[systems]]
name = "a"
title = "A"
command = "serve {port}"
"""
KNOWN = "backlog, database_address, database_url, port, python, run_directory, socket, threads, workers"
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
        requests=[RequestSpec(path="/")],
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


def test_a_front_may_have_options(tmp_path: Path) -> None:
    front = '{ protocol = "http", port = 80, options = { worker_connections = 64, client_max_body_size = "1k" } }'

    [system] = read_suite(write(tmp_path, MINIMAL.replace("{port}", "{socket}") + f"front = {front}\n")).systems

    assert system.front == Front(
        protocol="http", port=80, options={"worker_connections": 64, "client_max_body_size": "1k"}
    )


def test_the_suites_interpreter_is_that_of_systems_that_name_none(tmp_path: Path) -> None:
    made_environment(tmp_path / "one")
    made_environment(tmp_path / "other")
    other = MINIMAL[MINIMAL.index("[[systems]]") :].replace('"a"', '"b"') + 'python = "other/bin/python"\n'

    suite = read_suite(write(tmp_path, f'venv = "one"\n{MINIMAL}\n{other}'))

    assert [(system.venv, system.python) for system in suite.systems] == [("one", None), (None, "other/bin/python")]


def test_placeholders_may_stand_in_the_environment(tmp_path: Path) -> None:
    text = MINIMAL.replace(
        '"serve {port}"',
        '"serve {{x}}"\nenv = { WHERE = "unix:{socket}" }\nfront = { protocol = "uwsgi", port = 65535 }',
    )

    [system] = read_suite(write(tmp_path, text)).systems

    assert system.front == Front(protocol="uwsgi", port=65535)
    assert fill_in(system.env["WHERE"], {"socket": Path("/tmp/x")}) == "unix:/tmp/x"
    assert fill_in(system.command, {}) == "serve {x}"


def test_a_load_without_warm_up_is_fine(tmp_path: Path) -> None:
    assert read_suite(write(tmp_path, f'{MINIMAL}\n[load]\nwarmup = "0"')).load.warmup == "0"


@pytest.mark.parametrize("template", ["{colour} {port}", "{port!r}", "{port:5}", "{port.real}", "{} {port}"])
def test_an_unknown_placeholder_is_told(tmp_path: Path, template: str) -> None:
    unknown = template.removesuffix(" {port}")

    assert refusal_of(tmp_path, MINIMAL.replace("serve {port}", template)) == (
        f"{END}: systems[0].command: expected placeholders among {KNOWN}; got {unknown}."
    )


def test_an_unknown_placeholder_in_the_environment_is_told(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, f'{MINIMAL}env = {{ A = "{{host}}" }}') == (
        f"{END + 1}: systems[0].env.A: expected placeholders among "
        "backlog, database_address, database_url, port, python, run_directory, socket, threads, workers; got {host}."
    )


def test_a_secret_of_the_environment_is_not_told(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, f'{MINIMAL}env = {{ API_KEY = "hunter2{{" }}') == (
        f"{END + 1}: systems[0].env.API_KEY: expected placeholders among "
        "backlog, database_address, database_url, port, python, run_directory, socket, threads, workers; got {***}."
    )


def test_a_rule_may_name_the_workers_and_nothing_else(tmp_path: Path) -> None:
    text = 'rules = ["{workers} processes of {threads} threads.", "Port {port}."]\n' + MINIMAL

    assert (
        refusal_of(tmp_path, text) == "1: rules[1]: expected no placeholders but {threads} and {workers}; got {port}."
    )


def test_a_brace_that_is_not_closed_is_told(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, MINIMAL.replace("{port}", "{port")) == (
        f"{END}: systems[0].command: expected placeholders among {KNOWN}; got {{serve {{port}}."
    )


def test_a_system_must_listen_where_the_requests_are_sent(tmp_path: Path) -> None:
    no_port = MINIMAL.replace("{port}", "8000")
    front = 'front = { protocol = "http", port = 8080 }'

    assert refusal_of(tmp_path, no_port) == (
        f"{END}: systems[0].command: expected {{port}} in it or in env: that is where requests are sent."
    )
    assert refusal_of(tmp_path, no_port + front) == (
        f"{END}: systems[0].command: expected {{socket}} or {{port}} in it or in env: that is where requests are sent."
    )
    assert read_suite(write(tmp_path, MINIMAL + front)).systems[0].front == Front(protocol="http", port=8080)


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


def test_a_load_may_have_a_profile_in_one_word_or_in_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "day.toml").write_text("[[phases]]\nrate = 5\nduration = '3s'\n")

    for profile in ("ramp:100..200/5s", "day.toml"):
        assert read_suite(write(tmp_path, f'{MINIMAL}\n[load]\nprofile = "{profile}"')).load.profile == profile


@pytest.mark.parametrize(
    ("keys", "line_and_key", "what"),
    [
        (
            'profile = "soak:5"', "3: load.profile",
            "expected soak:RATE/TIME, such as soak:500/8h; got 'soak:5'",
        ),
        ("profile = 5", "3: load.profile", "expected 'str', got 'int': 5"),
        (
            'profile = "none.toml"', "3: load.profile",
            f"expected {', '.join(SHAPES)} or a file of phases; got 'none.toml'",
        ),
        (
            'profile = "soak:5/8s"\nrate = 5', "4: load.rate",
            "expected no such key beside 'profile', which says how much and for how long",
        ),
        (
            'profile = "soak:5/8s"\nduration = "5s"', "4: load.duration",
            "expected no such key beside 'profile', which says how much and for how long",
        ),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_be_is_refused(tmp_path: Path, keys: str, line_and_key: str, what: str) -> None:
    line, _, key = line_and_key.partition(": ")

    assert refusal_of(tmp_path, f"{MINIMAL}\n[load]\n{keys}") == f"{END + int(line)}: {key}: {what}."


def test_what_is_wrong_in_a_profile_beside_the_suite_is_told_with_both_files(tmp_path: Path) -> None:
    (tmp_path / "day.toml").write_text("[[phases]]\nrate = -5\nduration = '3s'\n")

    assert refusal_of(tmp_path, f'{MINIMAL}\n[load]\nprofile = "day.toml"') == (
        f"{END + 3}: load.profile: {tmp_path / 'day.toml'}:2: phases[0].rate: "
        "expected requests per second from 0 on, such as 0, 500 or '2.5k'; got -5.0."
    )


def test_a_profile_beside_a_matrix_of_rates_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, f'{MINIMAL}\n[load]\nprofile = "soak:5/8s"\n\n[matrix]\nrate = [5, 10]') == (
        f"{END + 3}: load.profile: expected no profile beside a matrix that has rates of its own."
    )
