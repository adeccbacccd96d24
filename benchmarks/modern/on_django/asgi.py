"""The application of ASGI servers: `on_django.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "on_django.settings_asgi")

application = get_asgi_application()
