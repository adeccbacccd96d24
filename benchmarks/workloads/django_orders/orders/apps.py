"""The application's configuration."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Products and orders."""

    name = "orders"
