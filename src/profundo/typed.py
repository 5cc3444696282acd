"""Values as a person types them."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel


def literal(text: str) -> Any:
    """Read a value: 3, 0.5, true, [1, 2] as in JSON, 1,2 as a list, and anything else as text."""
    try:
        return json.loads(text)
    except ValueError:
        return [literal(part.strip()) for part in text.split(",")] if "," in text else text


def options_of(shape: "type[BaseModel]", question: Mapping[str, Any]) -> dict[str, Any]:
    """Return those options of a question that a model has, without those that are null.

    Raises UsageError, which names the option, where one is of another type or a required one is missing.
    """
    from pydantic import ValidationError

    try:
        return shape.model_validate(dict(question)).model_dump(exclude_none=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{place!r} cannot be as it was asked: {first['msg'].lower()}.") from error
