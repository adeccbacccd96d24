import pytest
from rig.source_files import sources_of

from rush_hour.rig.detect.database_use import DatabaseUse, find_database_use, has_driver

SETTINGS = """
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")
    database_url: str
    debug: bool = False
"""
SETTINGS_OF_PYDANTIC_1 = """
from pydantic import BaseSettings

class Settings(BaseSettings):
    db_url: str

    class Config:
        env_prefix = "APP_"
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import os\nurl = os.environ['DATABASE_URL']", ("DATABASE_URL",)),
        ("import os\nurl = os.getenv('SHOP_DB_URI', 'sqlite://')", ("SHOP_DB_URI",)),
        ("from os import environ\nurl = environ.get('POSTGRES_DSN')", ("POSTGRES_DSN",)),
        ("import os\nurl = os.environ.get('SQLALCHEMY_DATABASE_URI')", ("SQLALCHEMY_DATABASE_URI",)),
        ("import dj_database_url\nD = dj_database_url.config(conn_max_age=600)", ("DATABASE_URL",)),
        ("import dj_database_url\nD = dj_database_url.config(env='MAIN_DB_URL')", ("MAIN_DB_URL",)),
        ("import environ\nenv = environ.Env()\nD = env.db()", ("DATABASE_URL",)),
        ("from decouple import config\nurl = config('DATABASE_URL')", ("DATABASE_URL",)),
        ("from starlette.config import Config\nconfig = Config()\nurl = config('DB_URL')", ("DB_URL",)),
        (SETTINGS, ("SHOP_DATABASE_URL",)),
        (SETTINGS_OF_PYDANTIC_1, ("APP_DB_URL",)),
        ("import os\nurl = os.environ['REDIS_URL'], os.environ['DATABASE_URL_HELP']", ()),
        ("import os\nurls = os.environ['OTHER_DB_URL'], os.environ['DATABASE_URL']", ("DATABASE_URL", "OTHER_DB_URL")),
    ],
)
def test_the_variables_with_the_url_of_a_database(text: str, names: tuple[str, ...]) -> None:
    assert find_database_use(sources_of(settings=text), installed=[]) == DatabaseUse(variables=names)


def test_so_are_those_that_were_looked_up_during_the_import() -> None:
    use = find_database_use(sources_of(main=""), looked_up=["HOME", "DATABASE_URL"], installed=[])

    assert use.variables == ("DATABASE_URL",)


@pytest.mark.parametrize(
    ("text", "installed", "dialect"),
    [
        ("url = 'postgresql+asyncpg://localhost/shop'", ["sqlalchemy", "asyncpg"], "asyncpg"),
        ("", ["sqlalchemy", "psycopg"], "psycopg"),
        ("", ["sqlalchemy", "psycopg2-binary"], None),
        ("", ["sqlalchemy", "psycopg2", "asyncpg"], None),
        ("", ["psycopg"], None),
        ("import asyncpg", ["sqlalchemy", "asyncpg"], None),
        ("from psycopg import connect", ["sqlalchemy", "psycopg"], None),
        ("url = x.replace('postgresql://', 'postgresql+psycopg://')", ["sqlalchemy", "psycopg"], None),
    ],
)
def test_sqlalchemy_wants_its_driver_in_the_url(text: str, installed: list[str], dialect: str | None) -> None:
    assert find_database_use(sources_of(main=text), installed=installed).dialect == dialect


def test_without_a_driver_postgresql_cannot_be_meant() -> None:
    assert has_driver({"django": "5", "psycopg": "3"})
    assert not has_driver({"django": "5"})
