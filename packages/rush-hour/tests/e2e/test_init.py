"""Fresh projects of Django, Flask and FastAPI: `rush-hour init` writes a suite, and `rush-hour bench` runs it."""

import subprocess
import sys
from pathlib import Path

import pytest
from e2e.rush_hour_process import PROGRAMS
from load_runs import assert_answered_well

from rush_hour.results.file import read_document
from rush_hour.results.run import LoadResult

FLASK = """
from flask import Flask

def create_app():
    app = Flask(__name__)

    @app.route("/")
    def hello():
        return "<p>Hello, World!</p>"

    return app
"""
FASTAPI = """
from fastapi import FastAPI

app = FastAPI()

@app.get("/")
async def root():
    return {"message": "Hello World"}

@app.get("/items/{item_id}")
async def item(item_id: int):
    return {"item_id": item_id}
"""
MODELS = """
from django.db import models

class Question(models.Model):
    text = models.CharField(max_length=200)
"""
URLS = """
from django.contrib import admin
from django.http import JsonResponse
from django.urls import path
from polls.models import Question

def index(request):
    return JsonResponse({"questions": list(Question.objects.values())})

urlpatterns = [path("admin/", admin.site.urls), path("polls/", index)]
"""
SETTINGS = """
import dj_database_url

INSTALLED_APPS += ["polls"]
DATABASES = {"default": dj_database_url.config(default="sqlite:///db.sqlite3")}
"""


def command(*words: str | Path, directory: Path) -> str:
    """Run a program of the environment of the tests, and return what it printed."""
    program = [str(PROGRAMS / str(words[0])), *map(str, words[1:])]
    done = subprocess.run(
        program, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode in {0, 4}, done.stdout  # 4: the machine was too busy for figures that can be trusted
    return done.stdout


def results_of_init(directory: Path) -> list[LoadResult]:
    """Write a suite, bench two of its systems, and return the results."""
    command("rush-hour", "init", "--venv", sys.prefix, directory=directory)
    first = "gunicorn" if "gunicorn" in (directory / "suite.toml").read_text() else "uvicorn"
    only = ("--only", first, "--only", "api-hour")
    options = ("--duration", "2s", "--rate", "20", "--warmup", "0s", "--output", directory / "out", *only)
    command("rush-hour", "bench", "suite.toml", *options, directory=directory)
    runs = [system.run for system in read_document(directory / "out" / "result.json").systems]
    return [run.result for run in runs if run is not None]


def assert_all_good(results: list[LoadResult]) -> None:
    assert len(results) == 2
    for result in results:
        assert_answered_well(result, 40)


def test_flask_by_its_factory(tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text(FLASK)

    assert_all_good(results_of_init(tmp_path))


def test_fastapi(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(FASTAPI)

    assert_all_good(results_of_init(tmp_path))


def test_django_as_it_is_begun(tmp_path: Path) -> None:
    command("django-admin", "startproject", "mysite", ".", directory=tmp_path)

    assert_all_good(results_of_init(tmp_path))


@pytest.mark.timeout(180)
def test_django_with_a_table_in_postgresql_that_its_migrations_make(tmp_path: Path) -> None:
    command("django-admin", "startproject", "mysite", ".", directory=tmp_path)
    command("python", "manage.py", "startapp", "polls", directory=tmp_path)
    (tmp_path / "polls" / "models.py").write_text(MODELS)
    (tmp_path / "mysite" / "urls.py").write_text(URLS)
    with (tmp_path / "mysite" / "settings.py").open("a") as settings:
        settings.write(SETTINGS)
    command("python", "manage.py", "makemigrations", "polls", directory=tmp_path)
    (tmp_path / "db.sqlite3").unlink(missing_ok=True)

    assert_all_good(results_of_init(tmp_path))
    suite = (tmp_path / "suite.toml").read_text()
    assert '    "{python} manage.py migrate --noinput",' in suite
    assert 'path = "/polls/"' in suite
    assert not (tmp_path / "db.sqlite3").exists()
