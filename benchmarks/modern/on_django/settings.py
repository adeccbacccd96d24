"""Settings of a small JSON service with Django's pool of connections."""

import dj_database_url
import service

SECRET_KEY = "a benchmark signs nothing"
DEBUG = False
ALLOWED_HOSTS = ["*"]

ROOT_URLCONF = "on_django.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]

size = service.connections_of_a_worker()
DATABASES = {"default": dj_database_url.parse(service.DATABASE_URL)}
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": size, "max_size": size}

USE_I18N = False
USE_TZ = True
