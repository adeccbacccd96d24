from pathlib import PurePosixPath

from rig.source_files import sources_of

from rush_hour.rig.detect.django_project import find_django_projects

MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')"
SETTINGS = "WSGI_APPLICATION = 'mysite.wsgi.application'\nINSTALLED_APPS = ['django.contrib.admin']"


def test_a_project_is_known_by_its_manage_py_and_its_settings() -> None:
    [project] = find_django_projects(sources_of(manage=MANAGE, mysite__settings=SETTINGS, mysite__asgi=""))

    assert project.directory == PurePosixPath()
    assert project.settings == "mysite.settings"
    assert project.targets == {"wsgi": "mysite.wsgi:application", "asgi": "mysite.asgi:application"}
    assert project.preferred == "wsgi"


def test_settings_may_be_several_files_below_another_directory() -> None:
    manage = "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings.local'"
    sources = sources_of(
        web__manage=manage,
        web__config__settings__base="ASGI_APPLICATION = 'config.asgi.application'\nINSTALLED_APPS = ['daphne']",
        web__config__settings__local="from .base import *",
        web__config__wsgi="",
    )

    [project] = find_django_projects(sources)

    assert project.directory == PurePosixPath("web")
    assert project.targets == {"wsgi": "config.wsgi:application", "asgi": "config.asgi:application"}
    assert project.preferred == "asgi"  # with Daphne or Channels it is what is served


def test_without_settings_or_an_application_there_is_no_project() -> None:
    assert find_django_projects(sources_of(manage="print('not of Django')")) == []
    assert find_django_projects(sources_of(manage=MANAGE, mysite__settings="DEBUG = True")) == []
