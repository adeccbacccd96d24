"""What the shop sells."""

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from .db import get_db

bp = Blueprint("products", __name__, url_prefix="/products")


@bp.get("")
def list_products() -> ResponseReturnValue:
    """List the products, or those of a category."""
    category = request.args.get("category")
    rows = get_db().execute(
        "SELECT id, name, category, price_cents FROM products WHERE %(category)s::text IS NULL"
        " OR category = %(category)s ORDER BY id",
        {"category": category},
    )
    return {"products": rows.fetchall()}


@bp.get("/<int:number>")
def show_product(number: int) -> ResponseReturnValue:
    """Show one product."""
    row = get_db().execute("SELECT id, name, category, price_cents FROM products WHERE id = %s", (number,)).fetchone()
    return row or abort(404)
