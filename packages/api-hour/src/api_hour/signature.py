"""Signatures, also of what is annotated with names that only type checkers import.

From CPython 3.14 on, annotations are evaluated when they are asked for (PEP 649): a name that is not there must stay a
name, as nothing here needs what it stands for.
"""

import functools
import inspect
import sys
from typing import Any

if sys.version_info >= (3, 14):
    from annotationlib import Format

    _read_signature = functools.partial(inspect.signature, annotation_format=Format.FORWARDREF)
else:
    _read_signature = inspect.signature


def signature_of(call: Any, *, follow_wrapped: bool = False) -> inspect.Signature | None:
    """Return the signature of something that can be called; None when it does not tell.

    Args:
        call: a function, or another object that can be called.
        follow_wrapped: what a decorator says that it wraps is asked, not the decorated function.
    """
    try:
        return _read_signature(call, follow_wrapped=follow_wrapped)
    except (TypeError, ValueError):  # it is written in C, or no function where one is expected
        return None
