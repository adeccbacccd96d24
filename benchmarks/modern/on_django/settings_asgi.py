"""The same settings, for ASGI."""

from on_django.settings import *  # noqa: F403

ROOT_URLCONF = "on_django.urls_asgi"
