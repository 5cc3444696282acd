"""Values as a person types them."""

import json
from typing import Any


def literal(text: str) -> Any:
    """Read a value: 3, 0.5, true, [1, 2] as in JSON, 1,2 as a list, and anything else as text."""
    try:
        return json.loads(text)
    except ValueError:
        return [literal(part.strip()) for part in text.split(",")] if "," in text else text
