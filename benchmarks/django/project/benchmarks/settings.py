"""Settings of a small JSON service: one database connection for each thread, kept open."""

import os

import dj_database_url

SECRET_KEY = "a benchmark signs nothing"
DEBUG = False
ALLOWED_HOSTS = ["*"]

ROOT_URLCONF = "benchmarks.urls"
WSGI_APPLICATION = "benchmarks.wsgi.application"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]

DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=None)}

USE_I18N = False
USE_TZ = True
