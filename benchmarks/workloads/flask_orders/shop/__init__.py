"""The order book of a small shop, in Flask: an application factory, blueprints, psycopg, and Flask's own sessions."""

import os

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from . import auth, db, orders, products


def create_app() -> Flask:
    """Make the application; DATABASE_URL says where its database is."""
    app = Flask(__name__)
    app.config.from_mapping(
        DATABASE_URL=os.environ["DATABASE_URL"],
        SECRET_KEY=os.environ.get("SECRET_KEY", "for development"),
        SESSION_COOKIE_SAMESITE="Lax",
    )
    db.init_app(app)
    app.register_blueprint(auth.bp)
    app.register_blueprint(products.bp)
    app.register_blueprint(orders.bp)
    app.register_error_handler(HTTPException, show_error)
    return app


def show_error(error: HTTPException) -> tuple[Response | str, int]:
    """Answer with a page, or with JSON to who asks for it."""
    status = error.code or 500
    if request.accept_mimetypes.accept_html:
        return render_template("error.html", error=error), status
    return jsonify(error=error.name), status
