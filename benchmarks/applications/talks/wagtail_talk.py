"""The conversation with a new project of Wagtail: pages, images and documents, made in its admin."""

import base64
import html
import re
from pathlib import Path

from applications_client import Client
from applications_rig import python
from talks.asking import MEGABYTE, note_digest
from talks.django_talk import SUPERUSER, token

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
MASKS = (
    r"^last-modified: (.+)",
    r'name="csrfmiddlewaretoken" value="(\w+)"',
    r"(?:csrf_?[tT]oken|CSRF_TOKEN)&quot;: &quot;(\w+)&quot;",
    r'"CSRF_TOKEN": "(\w+)"',
    r'csrfToken": "(\w+)"',
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    r"(\b[A-Z][a-z]{2,8}\.? \d+, \d{4}[,.]? \d+(?::\d+)? [ap]\.m\.)",
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:\+\d\d:\d\d|Z)?)",
    r"(\b[A-Z][a-z]{2}\. \d+, \d{4})",
    r"(\d+\xa0\w+(?:, \d+\xa0\w+)? ago)",
)
LOCAL = """\
SECRET_KEY = "for this program only"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3", "OPTIONS": {options}}}}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WAGTAIL_ENABLE_UPDATE_CHECK = False
""".format(options={"init_command": "PRAGMA synchronous = OFF"})


def prepare(directory: Path) -> None:
    """Make a project by Wagtail's own command, its database, and a user."""
    python(directory, "-c", "from wagtail.bin.wagtail import main; main()", "start", "mysite", ".")
    (directory / "mysite" / "settings" / "local.py").write_text(LOCAL)
    python(directory, "manage.py", "migrate", "--verbosity=0")
    python(directory, "manage.py", "createsuperuser", "--noinput", "--verbosity=0", environment=SUPERUSER)


def talk(client: Client) -> None:
    """Look at the site, log in, make things, and look at them."""
    for path in ("/", "/search/?query=welcome", "/none/", "/admin/", "/static/css/mysite.css", "/django-admin/"):
        client.get(path)
    client.ask("HEAD", "/")
    login = "/admin/login/"
    client.get(login)
    wrong = {"username": "root", "password": "wrong", "csrfmiddlewaretoken": token(client, login)}
    client.ask("POST", login, data=wrong, step="a login with a wrong password")
    client.ask("POST", login, data={**wrong, "password": "of-the-club"})
    client.get("/admin/")
    make_page(client)
    upload(client)
    for path in ("/admin/pages/", "/admin/images/", "/admin/documents/", "/admin/reports/locked/", "/admin/users/"):
        client.get(path)
    client.stop_under_stream("/documents/1/big.zip")


def make_page(client: Client) -> None:
    """Write a page and publish it."""
    add = "/admin/pages/add/home/homepage/3/"
    fields = {"title": "A päge", "slug": "page", "action-publish": "action-publish"}
    comments = {f"comments-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    client.ask("POST", add, data={**fields, **comments, "csrfmiddlewaretoken": token(client, add)})
    client.get("/page/")
    client.get("/search/?query=p%C3%A4ge")


def upload(client: Client) -> None:
    """Send a picture and a document, and look at both."""
    add = "/admin/images/add/"
    data = {"title": "picture", "collection": "1", "csrfmiddlewaretoken": token(client, add)}
    client.ask("POST", add, data=data, files={"file": ("picture.png", PICTURE, "image/png")})
    shown = client.get("/admin/images/").text
    for path in sorted({html.unescape(path) for path in re.findall(r'src="(/media/images/[^"]+)"', shown)}):
        client.get(path)
    add = "/admin/documents/add/"
    data = {"title": "big", "collection": "1", "csrfmiddlewaretoken": token(client, add)}
    client.ask("POST", add, data=data, files={"file": ("big.zip", MEGABYTE * 3)})
    client.ask("HEAD", "/documents/1/big.zip")
    note_digest(client, "/documents/1/big.zip")
