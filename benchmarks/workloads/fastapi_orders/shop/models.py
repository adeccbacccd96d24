"""What is sent and answered."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

State = Literal["new", "shipped"]


class Token(BaseModel):
    """What a login gives."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"


class User(BaseModel):
    """Who asks."""

    id: int
    name: str


class Product(BaseModel):
    """A product."""

    id: int
    name: str
    category: str
    price_cents: int


class Products(BaseModel):
    """Some of them."""

    products: list[Product]


class NewOrder(BaseModel):
    """An order to be placed."""

    product: int
    quantity: int = Field(ge=1, le=100)


class PlacedOrder(BaseModel):
    """One that is."""

    id: int
    state: State


class OrderSummary(PlacedOrder):
    """An order in a list."""

    ordered_on: date
    total_cents: int


class Orders(BaseModel):
    """A user's orders."""

    user: str
    orders: list[OrderSummary]


class Line(BaseModel):
    """A product in an order."""

    product: int
    name: str
    quantity: int
    price_cents: int


class Order(PlacedOrder):
    """An order with its lines."""

    ordered_on: date
    lines: list[Line]
