"""The form of a training, derived from the options of the command line: nothing of it is written twice."""

import functools
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from typer.models import OptionInfo

from ..flags import WISHES

TYPES = {bool: "toggle", int: "whole", float: "number"}


@functools.cache
def form() -> dict[str, Any]:
    """Return {"panels": [{"name", "fields"}]}, the panels of `profundo train --help` in their order.

    A field has `name` (as `says.of_form` reads it), `flag`, `help`, `metavar`, `type` (text, list of texts, whole,
    number, toggle), and `min` and `max` where there are any. The names that it takes are told by `choices`.
    """
    panels: dict[str, list[dict[str, Any]]] = {}
    for panel, field in fields():
        panels.setdefault(panel, []).append(field)
    return {"panels": [{"name": name, "fields": found} for name, found in panels.items()]}


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (panel, field) for each option that is not hidden."""
    for group in WISHES:
        for name, hint in get_type_hints(group, include_extras=True).items():
            kind, info = get_args(hint)
            if not info.hidden:
                yield str(info.rich_help_panel), field(name, get_args(kind), info)


def field(name: str, kinds: tuple[Any, ...], info: OptionInfo) -> dict[str, Any]:
    """Describe one field."""
    flag = next((p for p in info.param_decls or () if p.startswith("--")), f"--{name.replace('_', '-')}")
    made = {
        "name": name,
        "flag": flag.partition("/")[0],
        "help": info.help or "",
        "metavar": info.metavar,
        "type": "list" if list[str] in kinds else next((TYPES[k] for k in kinds if k in TYPES), "text"),
        "min": info.min,
        "max": info.max,
    }
    return {key: value for key, value in made.items() if value is not None}
