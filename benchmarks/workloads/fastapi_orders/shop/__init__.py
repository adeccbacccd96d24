"""The order book of a small shop, in FastAPI: routers, dependencies, asyncpg, OAuth2 with signed tokens."""
