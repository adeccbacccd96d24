"""How passwords are kept."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewRoundsHasher(PBKDF2PasswordHasher):
    """Few rounds: logging in is not what is measured."""

    iterations = 1000
