"""What a figure was measured on: the machine, how busy it was, the versions and the commit."""

import os
from typing import Any

from profundo.environment import environment

STORED = ("processor", "cores", "memory_gb", "system", "python", "profundo", "commit", "packages", "settings")


def hardware() -> dict[str, Any]:
    """Return the machine, the versions, the commit, and `load`: processes that wanted a core, over the last minute."""
    found = environment()
    return {name: found[name] for name in STORED} | {"load": round(os.getloadavg()[0], 2)}
