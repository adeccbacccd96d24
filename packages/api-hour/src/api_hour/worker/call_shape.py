"""The signatures of an object: how it can be called, however it was made.

What a call of it runs is looked up as Python does it, on the object's type: so a `__call__` that is a slot, and a
decorated function, are seen for what they are. Names of parameters are used only where two things are called alike.
"""

import functools
import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from api_hour.signature import signature_of

_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial)
_BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_OF_ANY_NUMBER = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


@dataclass(frozen=True, slots=True)
class CallShape:
    """One signature of something that can be called.

    Attributes:
        signature: the signature.
        is_async: a call gives a coroutine.
        is_function: it is a function, a method or a partial function, not another object with `__call__`.
    """

    signature: inspect.Signature
    is_async: bool
    is_function: bool

    @property
    def required(self) -> tuple[str, ...]:
        """The parameters that a call must give."""
        return tuple(
            parameter.name
            for parameter in self.signature.parameters.values()
            if parameter.default is Parameter.empty and parameter.kind not in _OF_ANY_NUMBER
        )

    @property
    def takes_anything(self) -> bool:
        """Whether it names none of its parameters by position: `*arguments`, which says nothing of what they are."""
        kinds = [parameter.kind for parameter in self.signature.parameters.values()]
        return Parameter.VAR_POSITIONAL in kinds and not any(kind in _BY_POSITION for kind in kinds)

    def takes(self, positional: int = 0, /, **keywords: None) -> bool:
        """Tell whether it can be called with so many arguments, and with these keywords."""
        try:
            self.signature.bind(*range(positional), **keywords)
        except TypeError:
            return False
        return True


def shapes_of(found: Any) -> list[CallShape]:
    """Return the signatures of an object: what a call of it takes, and before it what it says that it takes.

    The two differ only when a decorator takes anything, and names the function that it wraps. There is none when the
    object cannot be called, or is written in C and does not tell.
    """
    if not callable(found):
        return []
    is_plain = isinstance(found, type) or isinstance(type(found).__call__, types.WrapperDescriptorType)
    signatures = [signature_of(found if is_plain else _call_of(found))]
    if signatures[0] is None or _shape(found, signatures[0]).takes_anything:
        said = signature_of(found, follow_wrapped=True)
        if said != signatures[0]:
            signatures.insert(0, said)
    return [_shape(found, signature) for signature in signatures if signature is not None]


def instance_call_of(kind: type) -> CallShape | None:
    """Return how the instances of a class are called, with `self`; None when they cannot be, or do not tell."""
    call = next((vars(base)["__call__"] for base in kind.__mro__ if "__call__" in vars(base)), None)
    shapes = shapes_of(call) if isinstance(call, types.FunctionType) else []
    return shapes[0] if shapes else None


def gives_coroutine(found: Any) -> bool:
    """Tell whether an object is a coroutine function, or is called like one."""
    if isinstance(found, type):
        return False
    return inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(_call_of(found))


def _shape(found: Any, signature: inspect.Signature) -> CallShape:
    return CallShape(signature, is_async=gives_coroutine(found), is_function=isinstance(found, _FUNCTIONS))


def _call_of(found: Any) -> Callable[..., Any]:
    """Return what a call of an object runs: `__call__` of its type, bound to it."""
    call = type(found).__call__
    bind = getattr(type(call), "__get__", None)
    return call if bind is None else bind(call, found, type(found))
