"""Settings as a deployment has them: admin, sessions, CSRF, WhiteNoise, Channels; no DEBUG."""

from pathlib import Path

BASE_DIR = Path(__file__).parent.parent
SECRET_KEY = "for this program only"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "club.urls"
ASGI_APPLICATION = "club.asgi.application"
WSGI_APPLICATION = "club.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages",
    "django.contrib.sessions", "django.contrib.staticfiles", "channels", "members",
]  # fmt: skip
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware", "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware", "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]  # fmt: skip
CONTEXT_PROCESSORS = ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": [*CONTEXT_PROCESSORS, "django.contrib.messages.context_processors.messages"]},
    }
]
QUICK = {"init_command": "PRAGMA synchronous = OFF"}  # a disk that is busy is no matter here
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3", "OPTIONS": QUICK}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL, STATIC_ROOT = "static/", BASE_DIR / "collected"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL, MEDIA_ROOT = "media/", BASE_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = True
