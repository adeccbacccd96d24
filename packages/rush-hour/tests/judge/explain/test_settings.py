import pytest

from rush_hour.judge.explain.settings import fill_in_advice, program_of


@pytest.mark.parametrize(
    ("command", "program"),
    [
        (["/venv/bin/gunicorn", "-w", "2", "app:app"], "gunicorn"),
        (["python", "-m", "uvicorn", "app:app"], "uvicorn"),
        (["sh", "-c", "ulimit -v 1; exec uwsgi --ini x"], "uwsgi"),
        (["api_hour", "app:app"], "api_hour"),
        (["api-hour", "app:app"], "api_hour"),
        (["/usr/bin/python3", "server.py"], "python3"),
        ([], ""),
    ],
)
def test_the_program_of_a_command_is_the_server_that_it_starts(command: list[str], program: str) -> None:
    assert program_of(command) == program


def test_advice_names_the_servers_own_settings() -> None:
    assert fill_in_advice("Raise {backlog}.", "uwsgi") == "Raise uwsgi's --listen."
    assert fill_in_advice("Raise {backlog}.", "python3") == "Raise the server's backlog."
    assert fill_in_advice("Raise {timeout}.", "hypercorn") == "Raise the server's time limit."
