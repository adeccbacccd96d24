"""`manage.py load_shop USERS.CSV`: users, products, and some hundred orders."""

import argparse
import csv
from datetime import date, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand
from django.db import transaction

from orders.models import Order, OrderLine, Product

CATEGORIES = ("tea", "coffee", "cocoa")
PRODUCTS, ORDERS = 60, 400


class Command(BaseCommand):
    """Loads the shop."""

    help = "Replace all users, products and orders by those of a shop."

    def add_arguments(self, parser):
        """Take the file of users."""
        parser.add_argument("users", type=argparse.FileType("r"), help="CSV file with columns user and password")

    @transaction.atomic
    def handle(self, users, **_options):
        """Load it."""
        User = get_user_model()  # noqa: N806  # a class
        for model in (OrderLine, Order, Product, User):
            model.objects.all().delete()
        rows = list(csv.DictReader(users))
        everybody = User.objects.bulk_create(
            User(username=row["user"], password=make_password(row["password"])) for row in rows
        )
        products = Product.objects.bulk_create(
            Product(name=f"Product {i}", category=CATEGORIES[i % 3], price_cents=100 + 25 * i)
            for i in range(1, PRODUCTS + 1)
        )
        orders = Order.objects.bulk_create(
            Order(
                user=everybody[(i - 1) % len(everybody)],
                state=Order.State.NEW if (i - 1) // 20 % 4 == 0 else Order.State.SHIPPED,
                ordered_on=date(2026, 1, 1) + timedelta(days=i % 90),
            )
            for i in range(1, ORDERS + 1)
        )
        OrderLine.objects.bulk_create(
            OrderLine(order=orders[i - 1], product=products[(7 * i + 13 * line) % PRODUCTS], quantity=1 + i % 3)
            for i in range(1, ORDERS + 1)
            for line in (1, 2)
        )
        self.stdout.write(f"{len(everybody)} users")
