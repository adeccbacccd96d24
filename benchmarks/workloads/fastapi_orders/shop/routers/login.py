"""OAuth2's password flow: name and password for a token."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, status
from fastapi.security import OAuth2PasswordRequestForm

from ..database import Connection
from ..models import Token, User
from ..security import is_password, make_token

router = APIRouter()


@router.post("/token")
async def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()], connection: Connection) -> Token:
    """Give a token to who knows the password."""
    row = await connection.fetchrow("SELECT id, name, password FROM users WHERE name = $1", form.username)
    if row is None or not is_password(form.password, row["password"]):
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "Name or password is wrong.", headers={"WWW-Authenticate": "Bearer"}
        )
    return Token(access_token=make_token(User(id=row["id"], name=row["name"])))
