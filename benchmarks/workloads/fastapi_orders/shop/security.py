"""Passwords, tokens, and who has sent one."""

import hashlib
import hmac
import os
from typing import Annotated

from fastapi import Depends, HTTPException, status
from fastapi.security import OAuth2PasswordBearer
from itsdangerous import BadSignature, URLSafeTimedSerializer

from .models import User

ROUNDS = 1000  # few: logging in is not what is measured
TOKEN_S = 24 * 3600

_tokens = URLSafeTimedSerializer(os.environ.get("SECRET_KEY", "for development"), salt="token")
_bearer = OAuth2PasswordBearer(tokenUrl="token")


def hash_password(password: str, salt: bytes) -> str:
    """Return what is kept of a password."""
    return f"{salt.hex()}${hashlib.pbkdf2_hmac('sha256', password.encode(), salt, ROUNDS).hex()}"


def is_password(password: str, kept: str) -> bool:
    """Return whether it is the one."""
    salt = bytes.fromhex(kept.partition("$")[0])
    return hmac.compare_digest(hash_password(password, salt), kept)


def make_token(user: User) -> str:
    """Return a token that says who somebody is."""
    return _tokens.dumps(user.model_dump())


def get_user(token: Annotated[str, Depends(_bearer)]) -> User:
    """Return who has sent a token."""
    try:
        return User(**_tokens.loads(token, max_age=TOKEN_S))
    except BadSignature as error:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "The token is wrong or too old.", headers={"WWW-Authenticate": "Bearer"}
        ) from error


CurrentUser = Annotated[User, Depends(get_user)]
