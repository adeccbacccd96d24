"""The application: `shop.main:app`."""

from fastapi import FastAPI

from .database import lifespan
from .routers import login, orders, products

app = FastAPI(title="Shop", lifespan=lifespan)
app.include_router(login.router)
app.include_router(products.router)
app.include_router(orders.router)
