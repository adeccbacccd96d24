"""What the shop sells."""

from fastapi import APIRouter, HTTPException

from ..database import Connection
from ..models import Product, Products

router = APIRouter(prefix="/products")


@router.get("")
async def list_products(connection: Connection, category: str | None = None) -> Products:
    """List the products, or those of a category."""
    rows = await connection.fetch(
        "SELECT id, name, category, price_cents FROM products WHERE $1::text IS NULL OR category = $1 ORDER BY id",
        category,
    )
    return Products(products=[Product(**row) for row in rows])


@router.get("/{number}")
async def show_product(number: int, connection: Connection) -> Product:
    """Show one product."""
    row = await connection.fetchrow("SELECT id, name, category, price_cents FROM products WHERE id = $1", number)
    if row is None:
        raise HTTPException(404, "There is no such product.")
    return Product(**row)
