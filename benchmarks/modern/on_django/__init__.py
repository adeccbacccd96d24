"""The service in Django: `on_django.wsgi`, and `on_django.asgi`, whose `/wait` is a coroutine function."""
