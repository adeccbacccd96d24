"""A user's orders: whose they are, the token says."""

from fastapi import APIRouter, HTTPException, Request, Response, status

from ..database import Connection
from ..models import Line, NewOrder, Order, Orders, OrderSummary, PlacedOrder, State
from ..security import CurrentUser

router = APIRouter()

ORDERS_SHOWN = 20


@router.get("/users/{name}/orders")
async def list_orders(name: str, user: CurrentUser, connection: Connection, state: State | None = None) -> Orders:
    """List the last orders of the user who asks, and nobody else's."""
    if name != user.name:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "These are somebody else's.")
    rows = await connection.fetch(
        """
        SELECT o.id, o.state, o.ordered_on, sum(l.quantity * p.price_cents)::integer AS total_cents
        FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id
        WHERE o.user_id = $1 AND ($2::text IS NULL OR o.state = $2)
        GROUP BY o.id ORDER BY o.id DESC LIMIT $3
        """,
        user.id,
        state,
        ORDERS_SHOWN,
    )
    return Orders(user=name, orders=[OrderSummary(**row) for row in rows])


@router.get("/orders/{number}")
async def show_order(number: int, user: CurrentUser, connection: Connection) -> Order:
    """Show an order with its lines."""
    order = await connection.fetchrow(
        "SELECT id, state, ordered_on FROM orders WHERE id = $1 AND user_id = $2", number, user.id
    )
    if order is None:
        raise HTTPException(404, "There is no such order.")
    lines = await connection.fetch(
        """
        SELECT p.id AS product, p.name, l.quantity, p.price_cents
        FROM order_lines l JOIN products p ON p.id = l.product_id WHERE l.order_id = $1 ORDER BY l.id
        """,
        number,
    )
    return Order(**order, lines=[Line(**line) for line in lines])


@router.post("/orders", status_code=status.HTTP_201_CREATED)
async def place_order(
    wanted: NewOrder, user: CurrentUser, connection: Connection, request: Request, response: Response
) -> PlacedOrder:
    """Order a product."""
    async with connection.transaction():
        if await connection.fetchval("SELECT 1 FROM products WHERE id = $1", wanted.product) is None:
            raise HTTPException(422, "There is no such product.")
        order = await connection.fetchrow("INSERT INTO orders (user_id) VALUES ($1) RETURNING id, state", user.id)
        assert order is not None, "it was inserted"
        await connection.execute(
            "INSERT INTO order_lines (order_id, product_id, quantity) VALUES ($1, $2, $3)",
            order["id"],
            wanted.product,
            wanted.quantity,
        )
    response.headers["Location"] = request.app.url_path_for("show_order", number=order["id"])
    return PlacedOrder(**order)
