"""A user's orders: whose they are, the session says."""

from typing import Any

from flask import Blueprint, abort, request, session, url_for
from flask.typing import ResponseReturnValue

from .auth import login_required
from .db import get_db

bp = Blueprint("orders", __name__)

ORDERS_SHOWN = 20


@bp.get("/users/<name>/orders")
@login_required
def list_orders(name: str) -> ResponseReturnValue:
    """List the last orders of the user who is logged in, and nobody else's."""
    if name != session["user_name"]:
        abort(403)
    rows = get_db().execute(
        """
        SELECT o.id, o.state, o.ordered_on::text, sum(l.quantity * p.price_cents)::integer AS total_cents
        FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id
        WHERE o.user_id = %(user_id)s AND (%(state)s::text IS NULL OR o.state = %(state)s)
        GROUP BY o.id ORDER BY o.id DESC LIMIT %(limit)s
        """,
        {"user_id": session["user_id"], "state": request.args.get("state"), "limit": ORDERS_SHOWN},
    )
    return {"user": name, "orders": rows.fetchall()}


@bp.get("/orders/<int:number>")
@login_required
def show_order(number: int) -> ResponseReturnValue:
    """Show an order with its lines."""
    order = get_db().execute(
        "SELECT id, state, ordered_on::text FROM orders WHERE id = %s AND user_id = %s", (number, session["user_id"])
    )  # fmt: skip
    found = order.fetchone() or abort(404)
    lines = get_db().execute(
        """
        SELECT p.id AS product, p.name, l.quantity, p.price_cents
        FROM order_lines l JOIN products p ON p.id = l.product_id WHERE l.order_id = %s ORDER BY l.id
        """,
        (number,),
    )
    return found | {"lines": lines.fetchall()}


@bp.post("/orders")
@login_required
def place_order() -> ResponseReturnValue:
    """Order a product, by JSON or by a form."""
    product, quantity = _wanted(request.get_json() if request.is_json else request.form)
    with get_db().transaction():
        if get_db().execute("SELECT FROM products WHERE id = %s", (product,)).fetchone() is None:
            abort(422, "There is no such product.")
        placed = get_db().execute("INSERT INTO orders (user_id) VALUES (%s) RETURNING id, state", (session["user_id"],))
        order = placed.fetchone()
        assert order is not None, "it was inserted"
        get_db().execute(
            "INSERT INTO order_lines (order_id, product_id, quantity) VALUES (%s, %s, %s)",
            (order["id"], product, quantity),
        )
    return order, 201, {"Location": url_for("orders.show_order", number=order["id"])}


def _wanted(sent: Any) -> tuple[int, int]:
    """Return product and quantity."""
    try:
        product, quantity = int(sent["product"]), int(sent["quantity"])
    except (KeyError, TypeError, ValueError):
        abort(422, "An order has a product and a quantity.")
    if not 1 <= quantity <= 100:
        abort(422, "The quantity is 1 to 100.")
    return product, quantity
