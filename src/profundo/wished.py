"""Whether wishes that came from outside, as JSON, have the types that their options have: told before all else."""

from collections.abc import Callable, Mapping
from typing import Any, get_args, get_type_hints

from .errors import UsageError
from .flags import WISHES

HINTS = {name: hint for group in WISHES for name, hint in get_type_hints(group).items()}


def text(value: Any) -> bool:
    """Say whether it is a text."""
    return isinstance(value, str)


def whole(value: Any) -> bool:
    """Say whether it is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: Any) -> bool:
    """Say whether it is a number."""
    return isinstance(value, float) or whole(value)


def each(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return whether a value is a list of such values."""
    return lambda value: isinstance(value, list | tuple) and all(map(kind, value))


def named(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return whether a value gives such values names."""
    return lambda value: isinstance(value, Mapping) and all(map(text, value)) and all(map(kind, value.values()))


def anything(value: Any) -> bool:
    """Accept whatever it is."""
    return True


TEXTS = ("a text, or a list of texts", lambda value: text(value) or each(text)(value))
NUMBERS = ("a list of numbers", each(number))
OWN: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "hidden": ("a list of whole numbers, or a text", lambda value: text(value) or each(whole)(value)),
    "time_limit": ("a number of seconds, or a text such as 5m", lambda value: text(value) or number(value)),
    "kinds": ("an object: the kind of each column", named(text)),
    "options": ("an object of numbers", named(number)),
    "lr_at": ("an object: the learning rate from each step on", named(number)),
    "candidates": TEXTS,
    "network_options": ("an object", named(anything)),
    "task_options": ("an object", named(anything)),
    "sizes": NUMBERS,
    "mean": NUMBERS,
    "std": NUMBERS,
    "parts": ("an object of objects", named(named(anything))),
}
PLAIN: dict[type, tuple[str, Callable[[Any], bool]]] = {
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number", whole),
    float: ("a number", number),
    str: ("a text", text),
}


def check_wishes(wishes: Mapping[str, Any]) -> None:
    """Raise UsageError for a wish of another type than `profundo.train` takes. Names are not looked at here."""
    for name, value in wishes.items():
        what, fits = expected(name)
        if value is not None and not fits(value):
            raise UsageError(f"{name} is {str(value)[:80]!r}; it must be {what}.")


def expected(name: str) -> tuple[str, Callable[[Any], bool]]:
    """Return what a wish must be, in words and as a test."""
    kinds = get_args(HINTS.get(name))
    if name in OWN:
        return OWN[name]
    if list[str] in kinds:
        return TEXTS
    return next((PLAIN[kind] for kind in kinds if kind in PLAIN), ("", anything))
