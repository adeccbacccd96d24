"""What the shop sells, and who has ordered it."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone


class Product(models.Model):
    """A product."""

    name = models.CharField(max_length=100)
    category = models.CharField(max_length=20, db_index=True)
    price_cents = models.PositiveIntegerField()

    def __str__(self):
        return self.name


class Order(models.Model):
    """An order of a user."""

    class State(models.TextChoices):
        """How far it is."""

        NEW = "new"
        SHIPPED = "shipped"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="orders")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    ordered_on = models.DateField(default=timezone.localdate)
    products = models.ManyToManyField(Product, through="OrderLine")

    class Meta:
        """A user's orders in a state are looked up."""

        indexes = [models.Index(fields=["user", "state"])]

    def __str__(self):
        return f"{self.state} order {self.pk}"


class OrderLine(models.Model):
    """A product in an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(100)])

    def __str__(self):
        return f"{self.quantity} of {self.product}"
