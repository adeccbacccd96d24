"""Logging in by a form, and out: the session, a signed cookie, holds the user's id and name."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.security import check_password_hash

from .db import get_db

bp = Blueprint("auth", __name__)

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")


@bp.get("/login")
def login_form() -> str:
    """Show the form."""
    return render_template("login.html")


@bp.post("/login")
def login() -> ResponseReturnValue:
    """Begin a session, or show the form again."""
    name, password = request.form["username"], request.form["password"]
    user = get_db().execute("SELECT id, name, password FROM users WHERE name = %s", (name,)).fetchone()
    if user is None or not check_password_hash(user["password"], password):
        return render_template("login.html", error="Name or password is wrong."), 401
    session.clear()
    session.update(user_id=user["id"], user_name=user["name"])
    return redirect(url_for("orders.list_orders", name=user["name"]))


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session."""
    session.clear()
    return redirect(url_for("auth.login_form"))


def login_required(view: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
    """Refuse whoever is not logged in."""

    @wraps(view)
    def wrapped(*arguments: Parameters.args, **options: Parameters.kwargs) -> Returned:
        if "user_id" not in session:
            abort(401)
        return view(*arguments, **options)

    return wrapped
